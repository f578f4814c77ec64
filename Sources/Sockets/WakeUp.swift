import LinnaeusBase

/// Lets one thread wake another (`eventfd`), also one that waits for a ``Poller``.
public final class WakeUp: Sendable {
  /// The system's number, readable once ``signal()`` was called.
  public let descriptor: Int32

  /// Not signalled yet.
  ///
  /// - Parameter blocking: Whether ``clear()`` waits for a signal.
  /// - Throws: The error of `eventfd`.
  public init(blocking: Bool = false) throws(SystemError) {
    descriptor = try SystemCalls.makeEvent(blocking: blocking)
  }

  deinit {
    SystemCalls.close(descriptor)
  }

  /// Wakes; many signals before a ``clear()`` are one.
  public func signal() {
    SystemCalls.raise(descriptor)
  }

  /// Takes the signals back; waits for one first if it was made to block.
  public func clear() {
    SystemCalls.lower(descriptor)
  }
}

/// What the process may have of the system's descriptors.
public enum DescriptorLimit {
  /// Raises the limit as far as the process may.
  ///
  /// - Returns: The limit that holds now.
  public static func raise() -> Int {
    SystemCalls.raiseDescriptorLimit()
  }
}
