import LinnaeusBase

/// What changed when the disk was done with something.
public struct StorageProgress: Hashable, Sendable {
  /// Every transaction up to this one is durable.
  public var durable: Zxid
  /// The snapshot that is durable now, if one was finished.
  public var finishedSnapshot: Zxid?
  /// The snapshot that was given up, and why; the log goes on.
  public var abandonedSnapshot: AbandonedSnapshot?
  /// The epochs that are durable now.
  public var epochs: [DurableEpoch] = []

  /// Says what is durable, and nothing else.
  init(durable: Zxid) {
    self.durable = durable
  }
}

/// A snapshot that could not be written.
public struct AbandonedSnapshot: Hashable, Sendable {
  /// The last transaction that it would have held.
  public var zxid: Zxid
  /// The system's number of the error.
  public var errno: Int32
}

/// Why nothing will be durable any more.
public struct StorageFailure: Error, Hashable, Sendable {
  /// The system's number of the error.
  public var errno: Int32
  /// What was written: usually the log.
  public var file: StoredFile?
}
