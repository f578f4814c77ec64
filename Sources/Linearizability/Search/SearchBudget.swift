import Synchronization

/// Time, memory and permission to go on, shared by everything that works on one check.
///
/// Engines ask it every few thousand steps and before they grow a table.
public final class SearchBudget: Sendable {
  private let deadline: ContinuousClock.Instant?
  private let memoryLimit: Int
  private let used = Atomic<Int>(0)
  private let stop = Atomic<UInt8>(0)

  /// Starts the clock.
  ///
  /// - Parameters:
  ///   - timeout: how long from now; nil is for ever.
  ///   - memoryLimit: how many bytes of tables all engines may hold together.
  public init(timeout: Duration? = nil, memoryLimit: Int = .max) {
    deadline = timeout.map { ContinuousClock.now + $0 }
    self.memoryLimit = memoryLimit
  }

  /// The limit that was reached, if one was; asks the clock.
  public var limitReached: LimitReached? {
    if let limitNoticed { return limitNoticed }
    guard let deadline, ContinuousClock.now >= deadline else { return nil }
    return reach(.timeout)
  }

  /// The limit that somebody noticed before; does not ask the clock, so that it may be asked often.
  public var limitNoticed: LimitReached? {
    Self.decode(stop.load(ordering: .relaxed))
  }

  /// Asks everybody to stop; safe to call from a signal handler's thread.
  public func cancel() {
    _ = reach(.cancelled)
  }

  /// Counts bytes that are about to be allocated; false, with nothing counted, past the limit.
  public func reserve(_ bytes: Int) -> Bool {
    guard used.add(bytes, ordering: .relaxed).newValue > memoryLimit else { return true }
    release(bytes)
    _ = reach(.memory)
    return false
  }

  /// Counts bytes that were freed.
  public func release(_ bytes: Int) {
    used.subtract(bytes, ordering: .relaxed)
  }

  /// The bytes counted now.
  public var bytesInUse: Int { used.load(ordering: .relaxed) }

  private func reach(_ limit: LimitReached) -> LimitReached {
    let code: UInt8 =
      switch limit {
      case .timeout: 1
      case .memory: 2
      case .cancelled: 3
      }
    let exchange = stop.compareExchange(expected: 0, desired: code, ordering: .relaxed)
    return Self.decode(exchange.exchanged ? code : exchange.original) ?? limit
  }

  private static func decode(_ code: UInt8) -> LimitReached? {
    switch code {
    case 1: .timeout
    case 2: .memory
    case 3: .cancelled
    default: nil
    }
  }
}
