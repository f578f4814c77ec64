import ClientSession
import LinnaeusBase

/// What the clients of a run do.
public struct WorkloadOptions: Hashable, Sendable {
  /// How many clients there are.
  public var clients = 5
  /// How many znodes they read and write: `/k0`, `/k1` and so on.
  public var keys = 10
  /// How many bytes a value has, at least; it is longer where its number needs more.
  public var valueSize = 16
  /// How often each activity is chosen.
  public var mix = WorkloadMix.standard
  /// How many reads of a hundred set a watch.
  public var watchPercent = 0
  /// What comes before a read.
  public var reads = ReadMode.plain
  /// Which servers a client goes to.
  public var placement = Placement.anyServer
  /// When a client starts its next step.
  public var arrivals = Arrivals.closedLoop(thinkNanoseconds: 0)
  /// How many requests a client may have on their way at once.
  public var depth = 1
  /// After how many steps a client stops by itself; nil for never.
  public var steps: Int?
  /// Whether the clients begin by creating the znodes, each its share.
  public var preparesKeys = true
  /// Whether a client that has stopped closes its session.
  public var closesSessions = true
  /// Whether the resource behind the locks refuses a token older than one that it has seen.
  public var fencesResource = true
  /// How long a lock or an office is held, in nanoseconds.
  public var holdNanoseconds: Int64 = 5_000_000
  /// How long a client waits for a lock, an element or others before it gives up, in nanoseconds.
  public var patienceNanoseconds: Int64 = 200_000_000
  /// What the clients ask of their sessions.
  public var session = ZooKeeperSession.Options()

  /// A small mix.
  public init() {}
}

/// What comes before each read.
public enum ReadMode: String, CaseIterable, Hashable, Sendable {
  /// Nothing: the read is as old as its server.
  case plain
  /// A `sync` of the same path, sent just before it.
  case afterSync
  /// A write of a znode of the client's own, sent just before it.
  case afterWrite
}

/// Which servers a client goes to.
public enum Placement: Hashable, Sendable {
  /// All of them, in a random order of its own.
  case anyServer
  /// All of them in turn, beginning with the one whose place is the client's number.
  case spread
  /// Only the one whose place is the client's number.
  case pinned
  /// Only these, in turn: the leader, for one.
  case only([ServerID])

  /// Whether a client may go to any server.
  var allowsMoves: Bool { self == .anyServer || self == .spread }
}

/// When a client starts its next step.
public enum Arrivals: Hashable, Sendable {
  /// Once an earlier one has ended and the client has thought for about that long.
  case closedLoop(thinkNanoseconds: Int64)
  /// So often, whether or not earlier ones have ended.
  case openLoop(stepsPerSecond: Double)
}

/// Something that a client may do next.
public enum Activity: Int, CaseIterable, Hashable, Sendable {
  /// Reads a key's data.
  case get
  /// Replaces a key's data.
  case set
  /// Replaces a key's data if it still has the version that the client saw last.
  case conditionalSet
  /// Makes a key.
  case create
  /// Removes a key, or only a version of it.
  case delete
  /// Asks whether a key is there.
  case exists
  /// Lists the children of the folder of sequential znodes.
  case children
  /// Makes a sequential znode.
  case createSequential
  /// Makes an ephemeral znode, sequential or not.
  case createEphemeral
  /// Removes a sequential or ephemeral znode that the client made.
  case deleteOwn
  /// Changes several keys as one.
  case multi
  /// Reads several keys at once.
  case multiRead
  /// Waits for what the leader had committed.
  case sync
  /// Adds one to the counter by compare-and-set.
  case counter
  /// Takes the lock, uses the resource behind it, and gives it back.
  case lock
  /// Takes the other lock for reading or for writing.
  case readWriteLock
  /// Stands for election, and resigns some time after it has won.
  case election
  /// Begins and ends together with another client.
  case doubleBarrier
  /// Puts an element into the queue.
  case enqueue
  /// Takes an element from the queue.
  case dequeue
  /// Sets a watch that stays, or removes it.
  case addWatch
  /// Leaves the server for another one.
  case move
  /// Ends the session and begins another.
  case closeSession
}

/// How often each activity is chosen, relative to the others.
public struct WorkloadMix: Hashable, Sendable, ExpressibleByDictionaryLiteral {
  private var weights = [Int](repeating: 0, count: Activity.allCases.count)
  private(set) var total = 0

  /// Nothing at all: the client does only what it is told to.
  public init() {}

  /// The weights of some activities; others are never chosen.
  public init(dictionaryLiteral elements: (Activity, Int)...) {
    for (activity, weight) in elements { self[activity] = weight }
  }

  /// The weight of an activity, 0 for never.
  public subscript(activity: Activity) -> Int {
    get { weights[activity.rawValue] }
    set {
      precondition(newValue >= 0, "a weight is a natural number")
      total += newValue - weights[activity.rawValue]
      weights[activity.rawValue] = newValue
    }
  }

  /// An activity; nil if none has a weight.
  func choose(_ random: inout SeededRandom) -> Activity? {
    guard total > 0 else { return nil }
    var rest = random.below(total)
    for (number, weight) in weights.enumerated() {
      if rest < weight { return Activity(rawValue: number) }
      rest -= weight
    }
    return nil
  }

  /// Half reads, half writes of keys, and nothing else.
  public static let readsAndWrites: WorkloadMix = [.get: 50, .set: 50]

  /// A little of everything.
  public static let standard: WorkloadMix = [
    .get: 30, .set: 15, .conditionalSet: 10, .create: 6, .delete: 6, .exists: 5, .children: 4,
    .createSequential: 4, .createEphemeral: 4, .deleteOwn: 4, .multi: 5, .multiRead: 2, .sync: 4,
    .counter: 4, .lock: 2, .readWriteLock: 1, .election: 1, .doubleBarrier: 1, .enqueue: 1,
    .dequeue: 1, .addWatch: 1, .move: 1, .closeSession: 1,
  ]
}
