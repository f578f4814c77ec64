import LinnaeusBase
import Sockets
import Storage
import Synchronization

/// A thread that does the disk's work in order, so that nobody waits for it.
final class DiskThread: Sendable {
  private struct Queues {
    var operations: [DiskOperation] = []
    var answers: [DiskAnswer] = []
    var errors: [SystemError] = []
    var isClosing = false
    var isClosed = false
  }

  /// Signalled when there are answers.
  let answered: WakeUp
  private let asked: WakeUp
  private let ended: WakeUp
  private let queues = Mutex(Queues())

  /// Starts the thread, which has the executor for itself.
  init(_ executor: DiskExecutor) throws(SystemError) {
    answered = try WakeUp()
    asked = try WakeUp(blocking: true)
    ended = try WakeUp(blocking: true)
    try Threads.start(named: "disk") { self.work(executor) }
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

  private func work(_ executor: DiskExecutor) {
    var executor = executor
    var batch: [DiskOperation] = []
    var isClosing = false
    while true {
      queues.withLock { queues in
        swap(&queues.operations, &batch)
        isClosing = queues.isClosing
      }
      if batch.isEmpty {
        if isClosing { break }
        asked.clear()
        continue
      }
      for operation in batch {
        guard let answer = executor.run(operation) else { continue }
        let errors = executor.errors
        executor.errors = []
        queues.withLock { queues in
          queues.answers.append(answer)
          queues.errors += errors
        }
        answered.signal()
      }
      batch.removeAll(keepingCapacity: true)
    }
    executor.closeAll()
    ended.signal()
  }
}
