import Linearizability
import OperationHistory

/// One path of ZooKeeper's tree: nothing, or a znode with data and a version.
///
/// Written from the documentation of `create`, `delete`, `setData` and `exists`, and of the Stat
/// (Programmer's Guide, "ZooKeeper Stat Structure"). Children, access lists and watches are no part
/// of it.
///
/// An operation is what one request does to the path: a step, or several at once in a multi.
public struct ZnodeModel: ForeignModel {
  /// An empty tree.
  public let initialState = ZnodeState()
  /// The steps of all operations, those of operation `n` at `starts[n] ..< starts[n + 1]`.
  var steps: [ZnodeStep] = []
  var starts: [Int32] = [0]
  let values: ValueTable

  init(values: ValueTable) {
    self.values = values
  }

  /// Adds an operation.
  ///
  /// It has no more than 2³⁰ others beside it, since a history has fewer events.
  mutating func add(_ steps: some Sequence<ZnodeStep>) -> ModelOperation {
    self.steps.append(contentsOf: steps)
    starts.append(Int32(self.steps.count))
    return ModelOperation(.step, ValueID(smallInteger: Int64(starts.count - 2)) ?? .absent)
  }

  /// The steps of an operation.
  @inline(__always)
  private func steps(_ operation: ModelOperation) -> Range<Int> {
    guard let number = operation.first.smallInteger else { return 0..<0 }
    return Int(starts[Int(number)])..<Int(starts[Int(number) + 1])
  }

  /// Stands for data that nobody read: no znode holds a truth value.
  static let unread = ValueID.false

  /// The steps of an operation whose answer was seen.
  func steps(of operation: ModelOperation) -> ArraySlice<ZnodeStep> {
    steps[steps(operation)]
  }

  /// A mark of operations whose answers nobody saw, in `ModelOperation.second`.
  private static let unseen = ValueID.null

  // MARK: What the path does

  /// See `Model.step(_:_:)`.
  public func step(_ state: ZnodeState, _ operation: ModelOperation) -> ZnodeState? {
    var znode = state
    for index in steps(operation) {
      let step = operation.second == Self.unseen ? steps[index].withoutResult : steps[index]
      guard let next = step(znode) else { return nil }
      znode = next
    }
    return znode
  }

  /// Whether all steps are observations.
  public func isObservation(_ operation: ModelOperation) -> Bool {
    steps(operation).allSatisfy { steps[$0].isObservation }
  }

  /// The operation without what its answer says; what it was conditional on remains.
  public func withoutResult(_ operation: ModelOperation) -> ModelOperation {
    var operation = operation
    operation.second = Self.unseen
    return operation
  }

  // MARK: What helps the search

  /// Whether it makes or removes the znode, so that versions begin anew.
  public func mayReset(_ operation: ModelOperation, toward observation: ModelOperation) -> Bool {
    steps(operation).contains {
      switch steps[$0].action {
      case .create, .delete, .ended: true
      case .setData, .found, .foundNothing, .foundOther: false
      }
    }
  }

  /// Whether the version that was found is not past, and no znode was found where none is.
  public func mayBecomeLegal(_ observation: ModelOperation, after state: ZnodeState) -> Bool {
    guard let first = steps(observation).first else { return true }
    let step = steps[first]
    switch step.action {
    case .foundNothing: return !state.exists
    case .found:
      guard state.exists else { return false }
      let version = step.facts.version
      // Far from the numbers where versions wrap around.
      guard version != RecordedStat.unknownCount, state.version < .max / 2 else { return true }
      return state.version < version || step(state) != nil
    case .foundOther, .create, .delete, .setData, .ended: return true
    }
  }

  /// The order of the zxids of replies; a request that reads follows the write that it saw.
  public func likelyOrder(_ entries: [Entry]) -> [Int32]? {
    var keys: [(zxid: Int64, place: Int64)] = []
    keys.reserveCapacity(entries.count)
    for (index, entry) in entries.enumerated() where !entry.isIndeterminate {
      guard let step = steps(of: entry.operation).first, step.zxid != RecordedStat.unknown else {
        return nil
      }
      let isRead: Int64 = isObservation(entry.operation) ? 1 << 62 : 0
      keys.append((step.zxid, isRead | Int64(index)))
    }
    keys.sort { ($0.zxid, $0.place) < ($1.zxid, $1.place) }
    return keys.map { Int32(truncatingIfNeeded: $0.place) }
  }

  // MARK: Words

  /// The steps as requests and answers: `setData "x" → version 3`.
  public func describe(_ operation: ModelOperation) -> String {
    let isUnseen = operation.second == Self.unseen
    return steps(operation).map { describe(isUnseen ? steps[$0].withoutResult : steps[$0]) }
      .joined(separator: ", then ")
  }

  private func describe(_ step: ZnodeStep) -> String {
    let condition = step.expected == -1 ? "" : " if version \(step.expected)"
    switch step.action {
    case .create:
      return "create \(text(step.data))"
        + (step.owner >= 0 ? ", ephemeral" : "") + answer(step)
    case .delete: return "delete" + condition
    case .setData: return "setData \(text(step.data))" + condition + answer(step)
    case .found:
      let data = step.data == .absent ? "a znode" : text(step.data)
      let found = step.expected == -1 ? "" : " of version \(step.expected)"
      return "found \(data)\(found)" + (words(step.facts).map { ", \($0)" } ?? "")
    case .foundNothing: return "found no znode"
    case .foundOther: return "found another version than \(step.expected)"
    case .ended: return step.owner >= 0 ? "the end of a session" : "removal by the server"
    }
  }

  private func text(_ data: ValueID) -> String {
    data == Self.unread ? "data that nobody read" : values.describe(data)
  }

  private func answer(_ step: ZnodeStep) -> String {
    words(step.facts).map { " → \($0)" } ?? ""
  }

  private func words(_ facts: ZnodeFacts) -> String? {
    var words: [String] = []
    if facts.version != RecordedStat.unknownCount { words.append("version \(facts.version)") }
    if facts.mzxid != RecordedStat.unknown { words.append("mzxid \(hexadecimal(facts.mzxid))") }
    return words.isEmpty ? nil : words.joined(separator: ", ")
  }

  /// What the steps did, in the past tense.
  public func did(_ operation: ModelOperation) -> String {
    steps(operation).map { index in
      let step = steps[index]
      let condition = step.expected == -1 ? "" : " of version \(step.expected)"
      switch step.action {
      case .create: return "created the znode with \(text(step.data))" + answer(step)
      case .delete: return "deleted the znode\(condition)"
      case .setData: return "set \(text(step.data))\(condition)" + answer(step)
      case .ended: return "ended the session that may own the znode"
      case .found, .foundNothing, .foundOther: return describe(step)
      }
    }.joined(separator: ", then ")
  }

  /// `no znode`, or `"x" of version 3, mzxid 0x100000002`.
  public func describe(_ state: ZnodeState, values: ValueTable) -> String {
    guard state.exists else { return "no znode" }
    let data = state.data == .absent ? "unknown data" : text(state.data)
    let mzxid =
      state.mzxid == RecordedStat.unknown ? "" : ", mzxid \(hexadecimal(state.mzxid))"
    return "\(data) of version \(state.version)\(mzxid)"
  }

  private func hexadecimal(_ number: Int64) -> String {
    "0x" + String(UInt64(bitPattern: number), radix: 16)
  }
}
