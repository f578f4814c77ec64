import LinnaeusBase

/// What the clients of a run share: the history that they write.
public struct RunRecord: Sendable {
  /// The history.
  public var history: HistoryRecorder

  /// Begins a run.
  public init(history: HistoryRecorder) {
    self.history = history
  }
}
