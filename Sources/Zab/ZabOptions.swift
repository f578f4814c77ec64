/// How a server's part in the ensemble is set up.
public struct ZabOptions: Sendable {
  /// The unit of all time-outs, in milliseconds (`tickTime`).
  public var tickMilliseconds: Int64 = 2_000
  /// How many ticks connecting to a leader and being brought up to date may take (`initLimit`).
  public var initLimit: Int64 = 10
  /// How many ticks a learner may be silent, and a leader without a quorum (`syncLimit`).
  public var syncLimit: Int64 = 5
  /// How long a quorum's agreement on a leader waits for a better one, in milliseconds.
  public var finalizeWaitMilliseconds: Int64 = 200
  /// The longest pause between notifications to servers that do not answer, in milliseconds.
  public var maxNotificationMilliseconds: Int64 = 60_000
  /// How many committed transactions are kept to bring learners up to date (`commitLogCount`).
  public var commitLogCount = 500

  /// Apache's defaults, with the usual configuration's ticks.
  public init() {}
}
