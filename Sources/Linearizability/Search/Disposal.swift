import Dispatch

/// Frees what a search leaves behind while the search's answer is being used already.
package enum Disposal {
  private static let pending = DispatchGroup()

  /// Calls on another thread what frees memory.
  static func later(_ free: @escaping @Sendable () -> Void) {
    DispatchQueue.global().async(group: pending, execute: free)
  }

  /// Waits until everything is freed: for those who count memory.
  package static func finish() {
    pending.wait()
  }
}
