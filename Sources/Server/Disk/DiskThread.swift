import LinnaeusBase
import Sockets
import Storage
import Synchronization

/// A thread that does the disk's work in order, so that nobody waits for it.
///
/// Waking it and being woken by it costs about as much as a quick sync. While it has nothing to do,
/// whoever gives it work may do that here instead (``runHere(_:answers:)``).
final class DiskThread: Sendable {
  private struct Queues {
    var operations: [DiskOperation] = []
    var answers: [DiskAnswer] = []
    var errors: [SystemError] = []
    var isWorking = false
    var isClosing = false
    var isClosed = false
  }

  /// Signalled when there are answers.
  let answered: WakeUp
  private let asked: WakeUp
  private let ended: WakeUp
  private let queues = Mutex(Queues())
  /// Held by whoever works; nobody ever waits for it.
  private let executor: Mutex<DiskExecutor>

  /// Starts the thread.
  init(_ executor: DiskExecutor) throws(SystemError) {
    self.executor = Mutex(executor)
    answered = try WakeUp()
    asked = try WakeUp(blocking: true)
    ended = try WakeUp(blocking: true)
    try Threads.start(named: "disk") { self.work() }
  }

  /// Hands over work, which takes the operations away.
  func run(_ operations: inout [DiskOperation]) {
    queues.withLock { queues in
      if queues.operations.isEmpty {
        swap(&queues.operations, &operations)
      } else {
        queues.operations += operations
      }
    }
    operations.removeAll(keepingCapacity: true)
    asked.signal()
  }

  /// Whether everything is done and answered.
  var isIdle: Bool {
    queues.withLock { queues in
      queues.operations.isEmpty && queues.answers.isEmpty && !queues.isWorking
        && !queues.isClosing
    }
  }

  /// Whether a little work would be done at once by ``runHere(_:answers:)``.
  var isQuick: Bool { isIdle && executor.withLock { $0.isQuick([]) } }

  /// Does the work on the calling thread, if that is surely quick and everything before it is done
  /// and answered.
  ///
  /// A set of one session took 148 µs, of which writing and syncing were 78 and most of the rest two
  /// wake-ups; a thread less halves the processor time. The price is that a disk which becomes slow
  /// all of a sudden holds up the caller for one sync (``SyncPace``). Only one thread may call this
  /// and ``run(_:)``, so that nothing gets between the look and the work.
  ///
  /// - Returns: Whether it was done: then the operations are gone, and the answers are there.
  func runHere(_ operations: inout [DiskOperation], answers: inout [DiskAnswer]) -> Bool {
    guard isIdle else { return false }
    var errors: [SystemError] = []
    let isDone = executor.withLock { executor in
      guard executor.isQuick(operations) else { return false }
      for operation in operations {
        if let answer = executor.run(operation) { answers.append(answer) }
      }
      swap(&errors, &executor.errors)
      return true
    }
    if isDone { operations.removeAll(keepingCapacity: true) }
    if !errors.isEmpty { queues.withLock { $0.errors += errors } }
    return isDone
  }

  /// What has been answered since the last call, in order.
  func takeAnswers(into answers: inout [DiskAnswer]) {
    answered.clear()
    queues.withLock { queues in
      answers += queues.answers
      queues.answers.removeAll(keepingCapacity: true)
    }
  }

  /// What went wrong since the last call.
  func takeErrors() -> [SystemError] {
    queues.withLock { queues in
      guard !queues.errors.isEmpty else { return [] }
      defer { queues.errors = [] }
      return queues.errors
    }
  }

  /// Ends the thread once all work is done, and waits for that.
  func close() {
    let isFirst = queues.withLock { queues in
      defer { queues.isClosing = true }
      return !queues.isClosing
    }
    guard isFirst else { return }
    asked.signal()
    ended.clear()
  }

  private func work() {
    var batch: [DiskOperation] = []
    var isClosing = false
    while true {
      queues.withLock { queues in
        swap(&queues.operations, &batch)
        isClosing = queues.isClosing
        queues.isWorking = !batch.isEmpty
      }
      if batch.isEmpty {
        if isClosing { break }
        asked.clear()
        continue
      }
      executor.withLock { executor in
        for operation in batch { run(operation, &executor) }
      }
      batch.removeAll(keepingCapacity: true)
    }
    executor.withLock { $0.closeAll() }
    ended.signal()
  }

  private func run(_ operation: DiskOperation, _ executor: inout DiskExecutor) {
    guard let answer = executor.run(operation) else { return }
    let errors = executor.errors
    executor.errors = []
    queues.withLock { queues in
      queues.answers.append(answer)
      queues.errors += errors
    }
    answered.signal()
  }
}
