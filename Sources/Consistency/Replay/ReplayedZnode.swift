import OperationHistory

/// What the writes up to some zxid have made of one path: the documentation's znode.
///
/// A field that nothing tells of is unknown until a reply shows it.
struct ReplayedZnode {
  /// Whether there is a znode: nil as long as nobody knows.
  var exists: Bool?
  var value = ValueID.absent
  var length = RecordedStat.unknownCount
  var czxid = RecordedStat.unknown
  var mzxid = RecordedStat.unknown
  var pzxid = RecordedStat.unknown
  /// Whose end deletes it: a session's number as ZooKeeper tells it, 0 for none.
  var ephemeralOwner = RecordedStat.unknown
  var version = RecordedStat.unknownCount
  var cversion = RecordedStat.unknownCount
  var aversion = RecordedStat.unknownCount
  var childCount = RecordedStat.unknownCount
  /// How many children were ever created: what the next sequential name ends in.
  var creations = RecordedStat.unknownCount
  /// The names of the children, added up.
  var names = NameSum()
  /// The requests that last and before that created, wrote or deleted it; -1 for none that is known.
  private(set) var writer: Int32 = -1
  private(set) var formerWriter: Int32 = -1

  /// Nothing is known.
  init() {}

  /// No znode.
  static var absent: Self {
    var znode = Self()
    znode.exists = false
    return znode
  }

  /// A znode that a transaction has just made.
  init(value: ValueID, length: Int32, owner: Int64, zxid: Int64) {
    exists = true
    self.value = value
    self.length = length
    czxid = zxid
    mzxid = zxid
    pzxid = zxid
    ephemeralOwner = owner
    version = 0
    cversion = 0
    aversion = 0
    childCount = 0
    creations = 0
    names.isComplete = true
  }

  /// Notes who has created, written or deleted it.
  mutating func noteWriter(_ request: Int) {
    // What a multi does to one path counts as one change.
    guard writer != Int32(truncatingIfNeeded: request) || writer < 0 else { return }
    formerWriter = writer
    writer = Int32(truncatingIfNeeded: request)
  }

  /// Makes it another znode, or none.
  mutating func replace(with new: Self, by request: Int) {
    let (writer, formerWriter) = (writer, formerWriter)
    self = new
    (self.writer, self.formerWriter) = (writer, formerWriter)
    noteWriter(request)
  }

  /// Notes that a child came or went.
  ///
  /// In a Stat `cversion` counts both; sequential names count the children that came.
  mutating func changeChildren(_ name: NameHash, added: Bool, zxid: Int64) {
    pzxid = zxid
    if cversion != RecordedStat.unknownCount { cversion &+= 1 }
    if childCount != RecordedStat.unknownCount { childCount &+= added ? 1 : -1 }
    if added, creations != RecordedStat.unknownCount { creations &+= 1 }
    names.change(name, added: added)
  }

  /// Where a Stat says something else, unknown fields aside; these are taken from it.
  mutating func compare(
    with stat: RecordedStat
  ) -> (field: Finding.Field, recorded: Int64, expected: Int64)? {
    func differs<Number: BinaryInteger & FixedWidthInteger>(
      _ recorded: Number, _ own: inout Number, unknown: Number
    ) -> Bool {
      guard recorded != unknown, recorded != own else { return false }
      guard own == unknown else { return true }
      own = recorded
      return false
    }
    func zxid(
      _ field: Finding.Field, _ recorded: Int64, _ own: inout Int64
    ) -> (Finding.Field, Int64, Int64)? {
      differs(recorded, &own, unknown: RecordedStat.unknown) ? (field, recorded, own) : nil
    }
    func count(
      _ field: Finding.Field, _ recorded: Int32, _ own: inout Int32
    ) -> (Finding.Field, Int64, Int64)? {
      differs(recorded, &own, unknown: RecordedStat.unknownCount)
        ? (field, Int64(recorded), Int64(own)) : nil
    }
    return zxid(.czxid, stat.czxid, &czxid) ?? zxid(.mzxid, stat.mzxid, &mzxid)
      ?? count(.version, stat.version, &version)
      ?? count(.dataLength, stat.dataLength, &length)
      ?? zxid(.pzxid, stat.pzxid, &pzxid) ?? count(.cversion, stat.cversion, &cversion)
      ?? count(.numChildren, stat.numChildren, &childCount)
      ?? count(.aversion, stat.aversion, &aversion)
      ?? zxid(.ephemeralOwner, stat.ephemeralOwner, &ephemeralOwner)
  }
}

/// A hash of a name, of 128 bits: two names of one history never share it by accident.
struct NameHash: Hashable {
  var low: UInt64 = 0
  var high: UInt64 = 0

  init() {}

  init(_ name: some Sequence<UInt8>) {
    low = 0xcbf2_9ce4_8422_2325
    high = 0x9e37_79b9_7f4a_7c15
    for byte in name {
      low = (low ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
      high = (high &+ UInt64(byte) &+ 1) &* 0xd6e8_feb8_6659_fd93
      high ^= high >> 32
    }
    low = Self.mixed(low)
    high = Self.mixed(high)
  }

  private static func mixed(_ word: UInt64) -> UInt64 {
    let product = (word ^ 0xa076_1d64_78bd_642f).multipliedFullWidth(by: 0xe703_7ed1_a0b4_28db)
    return product.low ^ product.high
  }
}

/// A set of names as the sum of their hashes, which no order changes.
struct NameSum: Hashable {
  private var sum = NameHash()
  /// Whether all names are in it: not if there were children before the history begins.
  var isComplete = false

  init() {}

  /// The sum of all names of a list.
  init(_ names: some Sequence<NameHash>) {
    isComplete = true
    for name in names { change(name, added: true) }
  }

  mutating func change(_ name: NameHash, added: Bool) {
    if added {
      sum.low &+= name.low
      sum.high &+= name.high
    } else {
      sum.low &-= name.low
      sum.high &-= name.high
    }
  }
}
