/// How a simulated network behaves when nobody tampers with it.
public struct NetworkOptions: Hashable, Sendable {
  /// The least that a message takes, in nanoseconds.
  public var delayNanoseconds: Int64 = 100_000
  /// What it takes on top of that, on average; the distribution is exponential.
  public var jitterNanoseconds: Int64 = 50_000
  /// One message in so many is lost and sent again after ``retransmissionNanoseconds``; 0: none.
  public var oneLostIn = 0
  /// How long the sender of a lost message waits before it sends it again, at first.
  public var retransmissionNanoseconds: Int64 = 200_000_000
  /// One lost message in so many breaks its connection instead; 0: none.
  public var oneLossBreaksIn = 0
  /// One arrival in so many comes in two parts; 0: none.
  public var oneSplitIn = 0
  /// One notification in so many is lost with its connection; 0: none.
  public var oneNotificationLostIn = 0
  /// One notification in so many arrives a second time, later; 0: none.
  public var oneNotificationRepeatedIn = 0
  /// How many nanoseconds a kilobyte keeps a link busy; 0: there is room for everything.
  public var nanosecondsPerKilobyte: Int64 = 0
  /// How long somebody tries to connect before it gives up.
  public var connectTimeoutNanoseconds: Int64 = 3_000_000_000
  /// By pair of hosts, the least that a message takes, where it is not ``delayNanoseconds``: regions.
  public var regionDelays: [RegionDelay] = []

  /// How far apart two hosts are, one way.
  public struct RegionDelay: Hashable, Sendable {
    /// The number of the sending host: servers from 0, then clients.
    public var from: Int
    /// The number of the receiving host.
    public var to: Int
    /// In nanoseconds.
    public var nanoseconds: Int64

    /// Takes all three.
    public init(from: Int, to: Int, nanoseconds: Int64) {
      self.from = from
      self.to = to
      self.nanoseconds = nanoseconds
    }
  }

  /// A quiet network within a data centre.
  public init() {}
}
