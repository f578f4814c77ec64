import LinnaeusBase
import Sockets
import Storage

/// Who does the disk's work: a thread of its own, so that syncs stop nobody; or the loop itself,
/// where nothing waits for the disk and a write is but a copy.
///
/// The loop also waits for a sync itself where that is surely quick and the thread has nothing to
/// do (``DiskThread/runHere(_:answers:)``).
struct Disk {
  private let thread: DiskThread?
  private var executor: DiskExecutor

  /// Begins, with files that may be open already.
  ///
  /// - Parameters:
  ///   - executor: Who does it.
  ///   - onThread: Whether on a thread of its own.
  /// - Throws: What keeps the thread from starting.
  init(_ executor: DiskExecutor, onThread: Bool) throws(SystemError) {
    self.executor = executor
    thread = onThread ? try DiskThread(executor) : nil
  }

  /// Does the operations, or has them done; answers that are there at once are appended.
  ///
  /// - Parameters:
  ///   - operations: What to do; taken away.
  ///   - mayWait: Whether a quick sync may be waited for.
  ///   - answers: Where answers go.
  mutating func run(
    _ operations: inout [DiskOperation], mayWait: Bool, answers: inout [DiskAnswer]
  ) {
    if let thread {
      if !mayWait || !thread.runHere(&operations, answers: &answers) { thread.run(&operations) }
      return
    }
    for operation in operations {
      if let answer = executor.run(operation) { answers.append(answer) }
    }
    operations.removeAll(keepingCapacity: true)
  }

  /// Whether a little work would be done at once, if it may be waited for: not without a thread,
  /// where nothing is worth waiting for.
  var isQuick: Bool { thread?.isQuick ?? false }

  /// What signals that there are answers, if it does not answer at once.
  var answered: WakeUp? { thread?.answered }

  /// The thread's answers since the last call.
  func takeAnswers(into answers: inout [DiskAnswer]) {
    thread?.takeAnswers(into: &answers)
  }

  /// What went wrong since the last call.
  mutating func takeErrors() -> [SystemError] {
    if let thread { return thread.takeErrors() }
    defer { executor.errors.removeAll() }
    return executor.errors
  }

  /// Waits until everything is done, and closes the files.
  mutating func close() {
    if let thread { thread.close() } else { executor.closeAll() }
  }
}
