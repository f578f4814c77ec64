/// What keeps one client from using up the server.
enum Limits {
  /// How much is read from a connection at a time.
  static let readBytes = 64 << 10
  /// With more than this unsent, a connection's requests are not looked at.
  static let unsentBytes = 1 << 20
  /// A connection that takes nothing and has more than this unsent is closed if events add to it.
  static let stuckBytes = 64 << 20
  /// An output buffer larger than this is given back once it is sent.
  static let keptBytes = 64 << 10
  /// How long a connection may do without a session, or take nothing of its last reply.
  static let idleMilliseconds: Int64 = 10_000
  /// How long nobody is accepted after the system had no descriptor left.
  static let acceptPauseMilliseconds: Int64 = 50
  /// How many descriptors are kept for files, pages and whatever else there is.
  static let reservedDescriptors = 64
  /// How often a connection of the administration is read at a time before it is ended.
  static let pageReads = 16
  /// How long a turn of the loop takes requests before it sends replies and looks at everybody else.
  static let turnNanoseconds: Int64 = 20_000_000
  /// How many connections the administration's ports have at most.
  static let pages = 64
  /// With more requests under way than this, the loop has better things to do than to wait for the
  /// disk.
  static let requestsToWaitWith = 16
  /// The same, if they are one of each client.
  static let clientsToWaitWith = 256
  /// With so many clients answered in a turn, a sync more is of little weight.
  static let answersToWaitAfter = 32
  /// How much is written at most where somebody waits for the disk.
  static let quickWriteBytes = 64 << 10
  /// How many connections are accepted before others are served.
  static let acceptedAtOnce = 256
}
