import Linearizability
import OperationHistory

/// Why a proof was not accepted.
enum Doubt: Error {
  /// It proves nothing.
  case invalid(String)
  /// It may be right, and cannot be checked.
  case notChecked(String)
}

/// Checks that operations come before one another as a certificate has it, each step from the lines
/// of the operations that it names.
struct CycleVerification {
  let history: History
  private let byID: [Int64: Int]
  private let level: Level

  init(_ history: History, level: Level) {
    self.history = history
    self.level = level
    var byID: [Int64: Int] = [:]
    for (index, operation) in history.operations.enumerated() { byID[operation.id] = index }
    self.byID = byID
  }

  /// - Returns: what was checked.
  /// - Complexity: O(n) in the size of the history for each step.
  func verify(_ cycle: [ConsistencyCertificate.Edge]) throws(Doubt) -> String {
    guard cycle.count > 1 else { throw .invalid("a cycle has at least two operations") }
    for (edge, next) in zip(cycle, cycle.dropFirst() + cycle.prefix(1)) where edge.to != next.from {
      throw .invalid("the step to op \(edge.to) is followed by one from op \(next.from)")
    }
    guard Set(cycle.map(\.from)).count == cycle.count else {
      throw .invalid("an operation stands twice in the cycle")
    }
    try verifyKinds(cycle)
    for edge in cycle {
      try verifyHappened(try operation(edge.from))
      try verify(edge)
    }
    return "each of \(cycle.count) operations comes before the next, and the last before the first"
  }

  func operation(_ id: Int64) throws(Doubt) -> RecordedOperation {
    guard let index = byID[id] else { throw .invalid("the history has no op \(id)") }
    return RecordedOperation(history, index)
  }

  // MARK: What a level forbids

  /// Whether the level forbids a cycle of these kinds.
  private func verifyKinds(_ cycle: [ConsistencyCertificate.Edge]) throws(Doubt) {
    var kinds: Set<String> = []
    for edge in cycle {
      var kind = edge.kind
      let (from, to) = (try operation(edge.from), try operation(edge.to))
      if kind == "zxid", !(from.isWrite && to.isWrite) { kind = "zxid of a read" }
      if kind == "realtime", !to.isWrite { kind = "realtime to a read" }
      kinds.insert(kind)
    }
    let isForbidden = Self.forbidden(by: level).contains { kinds.isSubset(of: $0) }
    guard isForbidden else {
      throw .invalid(
        "\(level.rawValue) does not forbid a cycle of \(kinds.sorted().joined(separator: ", "))")
    }
  }

  /// Sets of kinds of which a level forbids cycles.
  private static func forbidden(by level: Level) -> [Set<String>] {
    let session: Set = ["process", "zxid", "zxid of a read", "handshake"]
    let answers: Set = ["ww", "wr", "rw", "zxid", "zxid of a read"]
    let sequential: Set = ["ww", "wr", "rw", "zxid", "process"]
    let zooKeeper = sequential.union(["realtime", "expiry"])
    let watches: Set = ["zxid", "zxid of a read", "watch"]
    let sync: Set = ["ww", "wr", "rw", "zxid", "sync"]
    switch level {
    case .session: return [session]
    case .linearizableWrites: return [["ww", "zxid", "process", "realtime"]]
    case .sequential: return [session, answers, sequential]
    case .zookeeper: return [session, answers, watches, zooKeeper]
    case .zookeeperSync: return [session, answers, watches, zooKeeper, sync]
    case .linearizable:
      return [session, answers, watches, zooKeeper.union(["realtime to a read"]), sync]
    }
  }

  // MARK: Steps

  private func verify(_ edge: ConsistencyCertificate.Edge) throws(Doubt) {
    let accepted = try reasons(edge)
    let name = "that op \(edge.from) comes before op \(edge.to) (\(edge.kind))"
    guard !accepted.isEmpty else { throw .invalid("the history does not show \(name)") }
    guard accepted.contains(where: { $0 == (edge.because, edge.field) }) else {
      throw .invalid("`\(edge.field)` of op \(edge.because) is not what shows \(name)")
    }
  }

  /// What shows that a step is right: fields of operations; empty if nothing does.
  func reasons(_ edge: ConsistencyCertificate.Edge) throws(Doubt) -> [(Int64, String)] {
    let (from, to) = (try operation(edge.from), try operation(edge.to))
    return switch edge.kind {
    case "process": session(from, to)
    case "realtime": realTime(from, to)
    case "zxid": try zxid(from, to)
    case "ww": try writes(from, to, edge)
    case "wr": try sight(from, to, edge)
    case "rw": try miss(from, to, edge)
    case "sync": try sync(from, to, edge)
    case "watch": try watch(from, to, edge)
    case "expiry": try expiry(from, to)
    case "handshake": try handshake(from, to)
    default: throw .invalid("there is no kind `\(edge.kind)`")
    }
  }

  private func verifyHappened(_ operation: RecordedOperation) throws(Doubt) {
    if !operation.isAnswered { _ = try place(operation) }
  }

  private func session(
    _ from: RecordedOperation, _ to: RecordedOperation
  ) -> [(Int64, String)] {
    let isOrdered =
      from.session == to.session && from.index < to.index && (from.isAnswered || to.isWrite)
    return isOrdered ? [(to.operation.id, "session")] : []
  }

  private func realTime(
    _ from: RecordedOperation, _ to: RecordedOperation
  ) -> [(Int64, String)] {
    guard from.isAnswered, from.operation.completion < to.operation.invocation else { return [] }
    let isTimed = from.operation.completionTime != .min && to.operation.invocationTime != .min
    return [(from.operation.id, isTimed ? "time" : "line")]
  }

  private func zxid(
    _ from: RecordedOperation, _ to: RecordedOperation
  ) throws(Doubt) -> [(Int64, String)] {
    let (before, after) = (try place(from), try place(to))
    guard (before.zxid, before.rank) < (after.zxid, after.rank) else { return [] }
    return after.shown
  }

  private func sync(
    _ from: RecordedOperation, _ to: RecordedOperation, _ edge: ConsistencyCertificate.Edge
  ) throws(Doubt) -> [(Int64, String)] {
    let sync = try operation(edge.because)
    let known = try place(from).zxid
    guard sync.function == "sync", sync.isAnswered, sync.error == nil,
      sync.session == to.session, sync.index < to.index, from.isWrite
    else { return [] }
    let isKnown = history.operations.indices.contains { index in
      history.operations[index].outcome == .ok
        && history.operations[index].completion < sync.operation.invocation
        && (RecordedOperation(history, index).zxid ?? 0) >= known
    }
    return isKnown ? [(sync.operation.id, "sync")] : []
  }

  private func expiry(
    _ from: RecordedOperation, _ to: RecordedOperation
  ) throws(Doubt) -> [(Int64, String)] {
    guard to.function == "closeSession", to.isAnswered, to.error == nil,
      from.session == to.session, from.isAnswered, from.index > to.index
    else { return [] }
    return try place(from).zxid > place(to).zxid ? [(to.operation.id, "session")] : []
  }

  private func handshake(
    _ from: RecordedOperation, _ to: RecordedOperation
  ) throws(Doubt) -> [(Int64, String)] {
    let zxid = try place(from).zxid
    let hasSeen = history.annotations.contains { annotation in
      let fields = RecordedOperation.fields(annotation.value)
      return fields["type"] == .string("connect") && fields["session"] == .string(to.session)
        && annotation.line < to.operation.invocationLine
        && (RecordedOperation.hexadecimal(fields["lastZxidSeen"]) ?? 0) >= zxid
    }
    return hasSeen ? [(to.operation.id, "lastZxidSeen")] : []
  }

  // MARK: Objects

  private func writes(
    _ from: RecordedOperation, _ to: RecordedOperation, _ edge: ConsistencyCertificate.Edge
  ) throws(Doubt) -> [(Int64, String)] {
    guard from.isWrite, to.isWrite else { return [] }
    if edge.field == "answer" { throw .notChecked(Self.answer(edge)) }
    let meets = from.parts.contains { first in
      to.parts.contains { second in
        guard first.isChange, second.isChange, let one = first.path, let other = second.path else {
          return false
        }
        return one == other
          || (first.isExistence && second.isExistence
            && RecordedOperation.Part.parent(of: one) == RecordedOperation.Part.parent(of: other))
      }
    }
    guard meets, from.error == nil, to.error == nil else { return [] }
    return try zxid(from, to)
  }

  private static func answer(_ edge: ConsistencyCertificate.Edge) -> String {
    "that op \(edge.from) comes before op \(edge.to) (\(edge.kind)) follows from a whole answer,"
      + " which was not looked at again"
  }

  /// What in the answer of a read shows that it came after a write.
  private func sight(
    _ write: RecordedOperation, _ read: RecordedOperation, _ edge: ConsistencyCertificate.Edge
  ) throws(Doubt) -> [(Int64, String)] {
    guard write.isWrite, write.error == nil else { return [] }
    if edge.field == "answer" { throw .notChecked(Self.answer(edge)) }
    let own = try place(write).zxid
    let seen = try place(read).zxid
    var shown: [String] = []
    for change in write.parts {
      for part in read.parts {
        let touches = change.touches(part)
        if touches.own {
          for field in ["mzxid", "czxid"] where part.zxid(field) == own { shown.append(field) }
          if change.function != "delete", part.function == "getData", let value = change.value,
            part.value == value,
            try isFrom(write, value, at: part.path, isLater: own > seen)
          {
            shown.append("value")
          }
        }
        if touches.child, part.zxid("pzxid") == own { shown.append("pzxid") }
        if touches.own, change.function == "create", part.error == nil,
          isAlone("create", write, at: part.path)
        {
          shown.append("found")
        }
        // What came or went does not leave an answer as it was.
        if (touches.own && change.isExistence) || touches.child, own <= seen {
          shown.append("zxid")
        }
      }
    }
    return shown.map { (read.operation.id, $0) }
  }

  /// What in the answer of a read shows that it came before a write.
  private func miss(
    _ read: RecordedOperation, _ write: RecordedOperation, _ edge: ConsistencyCertificate.Edge
  ) throws(Doubt) -> [(Int64, String)] {
    guard write.isWrite, write.error == nil else { return [] }
    if edge.field == "answer" { throw .notChecked(Self.answer(edge)) }
    let next = try place(write).zxid
    let seen = try place(read).zxid
    var shown: [String] = []
    for change in write.parts {
      for part in read.parts {
        let touches = change.touches(part)
        if touches.own, change.function != "setACL", let zxid = part.zxid("mzxid"), zxid < next {
          shown.append("mzxid")
        }
        if touches.child, let zxid = part.zxid("pzxid"), zxid < next { shown.append("pzxid") }
        guard seen < next else {
          shown += lost(change, of: write, in: part, upTo: seen)
          continue
        }
        let isCounted = change.function == "setData" && part.count("version") != nil
        if (touches.own && (change.isExistence || isCounted)) || touches.child {
          shown.append("zxid")
        }
        if touches.own, change.function == "setData", part.function == "getData",
          let value = part.value, value != change.value
        {
          shown.append("value")
        }
      }
    }
    if write.function == "closeSession", outlives(read, write) { shown.append("found") }
    return shown.map { (read.operation.id, $0) }
  }

  /// Whether a value at a path comes from a write, and was not there just before.
  ///
  /// A read that was answered before the write has it from no other only if nobody else wrote it.
  private func isFrom(
    _ write: RecordedOperation, _ value: Value, at path: String?, isLater: Bool
  ) throws(Doubt) -> Bool {
    let own = try place(write).zxid
    var before: (zxid: UInt64, value: Value?) = (0, nil)
    for index in history.operations.indices where index != write.index {
      let other = RecordedOperation(history, index)
      guard other.isWrite, other.error == nil, other.operation.outcome != .fail else { continue }
      for part in other.parts where part.isChange && part.path == path {
        guard other.isAnswered, let zxid = other.zxid else {
          guard part.value != value else {
            throw .notChecked("who wrote what op \(write.operation.id) did cannot be told")
          }
          continue
        }
        if isLater, part.function != "delete", part.value == value { return false }
        if zxid < own, zxid > before.zxid, part.function != "setACL" {
          before = (zxid, part.function == "delete" ? nil : part.value)
        }
      }
    }
    return before.value != value
  }
}
