/// How long a simulated disk takes, in nanoseconds.
public struct DiskOptions: Hashable, Sendable {
  /// A sync of a file takes at least this.
  public var syncNanoseconds: Int64 = 500_000
  /// And on average so much more; the distribution is exponential.
  public var syncJitterNanoseconds: Int64 = 250_000
  /// One sync in so many takes a hundred times as long; 0: none.
  public var oneSlowSyncIn = 0
  /// Any other operation takes this.
  public var operationNanoseconds: Int64 = 5_000
  /// Writing a kilobyte takes this on top.
  public var nanosecondsPerKilobyte: Int64 = 500

  /// A fast disk.
  public init() {}
}
