import OperationHistory

/// What one path of the tree holds, as far as the history lets it be known.
///
/// The zxids and the data are unknown after a write whose reply was lost, or that the recorder did
/// not write down; an observation then agrees with whatever they are.
public struct ZnodeState: Hashable, Sendable {
  /// Whether there is a znode.
  ///
  /// Without one, all other fields have their first values.
  var exists = false
  /// The data; `absent` if unknown.
  var data = ValueID.absent
  /// The length of the data in bytes.
  var length = RecordedStat.unknownCount
  /// How often the data changed since the znode was created.
  var version: Int32 = 0
  /// The transaction that created the znode.
  var czxid = RecordedStat.unknown
  /// The transaction that last changed the data.
  var mzxid = RecordedStat.unknown
  /// The session whose end deletes the znode, by number; see ``ZnodeStep/owner``.
  var owner = ZnodeStep.nobody

  /// No znode.
  init() {}

  /// What a step that creates leaves behind.
  init(createdBy step: ZnodeStep) {
    exists = true
    data = step.data
    length = step.length
    czxid = step.zxid == RecordedStat.unknown ? step.facts.czxid : step.zxid
    mzxid = czxid
    owner = step.owner
  }
}

/// What an answer says of a znode, unknown fields aside.
struct ZnodeFacts: Hashable, Sendable {
  var version = RecordedStat.unknownCount
  var length = RecordedStat.unknownCount
  var czxid = RecordedStat.unknown
  var mzxid = RecordedStat.unknown

  /// Nothing.
  init() {}

  /// What a Stat says.
  init(_ stat: RecordedStat) {
    version = stat.version
    length = stat.dataLength
    czxid = stat.czxid
    mzxid = stat.mzxid
  }

  /// Whether a znode can be what these facts say.
  func agree(with state: ZnodeState) -> Bool {
    (version == RecordedStat.unknownCount || version == state.version)
      && Self.agree(length, state.length, unknown: RecordedStat.unknownCount)
      && Self.agree(czxid, state.czxid, unknown: RecordedStat.unknown)
      && Self.agree(mzxid, state.mzxid, unknown: RecordedStat.unknown)
  }

  private static func agree<Fact: Equatable>(_ left: Fact, _ right: Fact, unknown: Fact) -> Bool {
    left == right || left == unknown || right == unknown
  }
}

/// What a request does to one path, and what its answer says.
struct ZnodeStep: Hashable, Sendable {
  /// The kinds of steps.
  enum Action: UInt8, Sendable {
    /// Made the znode, which was not there.
    case create
    /// Removed the znode, of the `expected` version.
    case delete
    /// Replaced the data of the znode of the `expected` version.
    case setData
    /// Found the znode, of the `expected` version, with these `facts`, and its `data` if known.
    case found
    /// Found no znode.
    case foundNothing
    /// Found a znode of another version than `expected`.
    case foundOther
    /// Removed the znode if it belonged to `owner`: a session ended, or a container was empty.
    case ended
  }

  /// What was done.
  var action: Action
  /// The data written or found; `absent` if unknown.
  var data = ValueID.absent
  /// The length of the data written, in bytes.
  var length = RecordedStat.unknownCount
  /// The version that the request was conditional on; -1 is any.
  var expected: Int32 = -1
  /// The session whose ephemeral is created or removed.
  var owner = nobody
  /// The zxid of the reply: of a write the transaction that it became.
  var zxid = RecordedStat.unknown
  /// What the answer says of the znode, once the step is done.
  var facts = ZnodeFacts()

  /// Owns what is persistent.
  static let nobody: Int32 = -1
  /// Owns containers and znodes with a time to live, which a server may remove by itself.
  static let server: Int32 = -2

  /// Whether the step never changes a znode.
  var isObservation: Bool {
    switch action {
    case .found, .foundNothing, .foundOther: true
    case .create, .delete, .setData, .ended: false
    }
  }

  /// Whether the request goes through at this version.
  func expects(_ version: Int32) -> Bool {
    expected == -1 || expected == version
  }

  /// The state after the step, or nil if a znode in this state would have answered otherwise.
  func callAsFunction(_ znode: ZnodeState) -> ZnodeState? {
    switch action {
    case .create:
      let created = ZnodeState(createdBy: self)
      return !znode.exists && facts.agree(with: created) ? created : nil
    case .setData:
      guard znode.exists, expects(znode.version) else { return nil }
      var changed = znode
      changed.data = data
      changed.length = length
      changed.version &+= 1
      changed.mzxid = zxid == RecordedStat.unknown ? facts.mzxid : zxid
      guard facts.agree(with: changed) else { return nil }
      if changed.czxid == RecordedStat.unknown { changed.czxid = facts.czxid }
      return changed
    case .delete: return znode.exists && expects(znode.version) ? ZnodeState() : nil
    case .found:
      guard znode.exists, expects(znode.version), facts.agree(with: znode) else { return nil }
      let isSame = data == .absent || znode.data == .absent || data == znode.data
      return isSame ? znode : nil
    case .foundNothing: return znode.exists ? nil : znode
    case .foundOther: return znode.exists && znode.version != expected ? znode : nil
    case .ended: return znode.exists && znode.owner == owner ? ZnodeState() : znode
    }
  }

  /// The step as it is if nobody saw its answer.
  var withoutResult: ZnodeStep {
    var step = self
    step.facts = ZnodeFacts()
    step.zxid = RecordedStat.unknown
    if action == .found { step.data = .absent }
    return step
  }
}
