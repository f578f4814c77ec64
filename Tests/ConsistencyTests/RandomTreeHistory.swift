import LinnaeusBase

/// A small random history of a tree, which may then be spoilt, and what brute force says of it.
struct RandomTreeHistory {
  struct Operation {
    var request: ReferenceTree.Request
    var session: Int
    var zxid: Int?
    /// Nil if it was lost.
    var reply: ReferenceTree.Reply?
    var invocation: Int
    var completion = Int.max
  }

  private(set) var operations: [Operation] = []
  /// What stands in each line: an operation, and whether it is its end.
  private(set) var lines: [(operation: Int, isEnd: Bool)] = []
  private var random: SeededRandom

  init(seed: UInt64, paths: [String], hasEphemerals: Bool, count: Int) {
    random = SeededRandom(seed: seed)
    var tree = ReferenceTree()
    var zxid = 1
    var open: [(operation: Int, isDone: Bool)] = []
    while operations.count < count || !open.isEmpty {
      if operations.count < count, open.count < 3, Bool.random(using: &random) {
        let session = Int.random(in: 0..<3, using: &random)
        guard !tree.closed.contains(session) else {
          if tree.closed.count == 3 { break }
          continue
        }
        let isClosing = open.contains {
          operations[$0.operation].session == session
            && operations[$0.operation].request == .closeSession
        }
        if isClosing { continue }
        open.append((operations.count, false))
        lines.append((operations.count, false))
        operations.append(
          Operation(
            request: request(paths, hasEphemerals), session: session, invocation: lines.count))
        continue
      }
      guard let index = open.indices.randomElement(using: &random) else { continue }
      let number = open[index].operation
      if !open[index].isDone {
        open[index].isDone = true
        zxid += 1
        execute(number, zxid, on: &tree)
      } else {
        open.remove(at: index)
        lines.append((number, true))
        if operations[number].reply != nil { operations[number].completion = lines.count }
      }
    }
    if hasEphemerals, !tree.closed.contains(1), Int.random(in: 0..<3, using: &random) == 0 {
      // A session that ends unseen, and somebody who sees it.
      tree.end(1)
      let path = paths[0]
      lines.append((operations.count, false))
      lines.append((operations.count, true))
      operations.append(
        Operation(
          request: .exists(path), session: 5, zxid: zxid,
          reply: tree.execute(.exists(path), session: 5, zxid: zxid),
          invocation: lines.count - 1, completion: lines.count))
    }
  }

  private mutating func execute(_ number: Int, _ zxid: Int, on tree: inout ReferenceTree) {
    let (request, session) = (operations[number].request, operations[number].session)
    guard !tree.closed.contains(session) || request.isRead else { return }
    let isLost = Int.random(in: 0..<6, using: &random) == 0
    if isLost, Bool.random(using: &random) { return }
    let reply = tree.execute(request, session: session, zxid: zxid)
    if !isLost {
      operations[number].reply = reply
      operations[number].zxid = zxid
    }
  }

  private mutating func request(
    _ paths: [String], _ hasEphemerals: Bool
  ) -> ReferenceTree.Request {
    let path = paths.randomElement(using: &random) ?? "/a"
    let value = ["x", "y", "zz"].randomElement(using: &random) ?? "x"
    let version = [-1, -1, 0, 1].randomElement(using: &random) ?? -1
    switch Int.random(in: 0..<16, using: &random) {
    case 0..<4:
      return .create(
        path, value: value, isEphemeral: hasEphemerals && Bool.random(using: &random))
    case 4, 5: return .delete(path, version: version)
    case 6..<9: return .setData(path, value: value, version: version)
    case 9..<11: return .exists(path)
    case 11..<14: return .getData(path)
    case 14:
      let count = Int.random(in: 1...3, using: &random)
      return .multi((0..<count).map { _ in part(paths, version, value) })
    default: return hasEphemerals ? .closeSession : .getData(path)
    }
  }

  private mutating func part(
    _ paths: [String], _ version: Int, _ value: String
  ) -> ReferenceTree.Request {
    let path = paths.randomElement(using: &random) ?? "/a"
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return .check(path, version: version)
    case 1: return .setData(path, value: value, version: version)
    case 2: return .create(path, value: value, isEphemeral: false)
    default: return .delete(path, version: version)
    }
  }

  /// Changes one field of one reply; false if nothing could be changed.
  mutating func spoil() -> Bool {
    let answered = operations.indices.filter { operations[$0].reply != nil }
    guard let index = answered.randomElement(using: &random),
      var reply = operations[index].reply, operations[index].request != .closeSession
    else { return false }
    switch Int.random(in: 0..<6, using: &random) {
    case 5:
      guard let request = operations[index].request.withOtherVersion else { return false }
      operations[index].request = request
      return true
    case 0:
      guard let error = reply.error, reply.results.isEmpty else { return false }
      reply.error = error == "NoNode" ? "BadVersion" : "NoNode"
      if operations[index].request.isRead || error != "BadVersion" { return false }
    case 1: reply.stat?.version += 1
    case 2: reply.stat?.mzxid = Int.random(in: 1...9, using: &random)
    case 3:
      guard reply.value != nil else { return false }
      reply.value = reply.value == "x" ? "y" : "x"
      reply.stat?.dataLength = 1
    default:
      // An answer that could not be: something where nothing is, or nothing where something is.
      guard operations[index].request.isRead, reply.stat != nil else { return false }
      reply = ReferenceTree.Reply(error: "NoNode")
    }
    guard reply != operations[index].reply else { return false }
    operations[index].reply = reply
    return true
  }

  /// Whether a multi of several parts was refused.
  var hasRefusedMulti: Bool {
    operations.contains { operation in
      guard let reply = operation.reply else { return false }
      return reply.error != nil && reply.results.count > 1
    }
  }

  // MARK: Brute force

  private struct Configuration: Hashable {
    var placed: UInt64
    var tree: ReferenceTree
  }

  /// Whether some order of the requests gives the recorded replies.
  func hasOrder() -> Bool {
    var seen: Set<Configuration> = []
    return canEnd(Configuration(placed: 0, tree: ReferenceTree()), &seen)
  }

  private func canEnd(_ at: Configuration, _ seen: inout Set<Configuration>) -> Bool {
    guard seen.insert(at).inserted else { return false }
    let rest = operations.indices.filter { at.placed >> UInt64($0) & 1 == 0 }
    guard let earliest = rest.map({ operations[$0].completion }).min(), earliest != .max else {
      return true
    }
    for index in rest where operations[index].invocation < earliest {
      let operation = operations[index]
      var next = at
      next.placed |= 1 << UInt64(index)
      if at.tree.closed.contains(operation.session), !operation.request.isRead { continue }
      let reply = next.tree.execute(
        operation.request, session: operation.session, zxid: operation.zxid)
      if let recorded = operation.reply, !reply.agrees(with: recorded) { continue }
      if canEnd(next, &seen) { return true }
    }
    for session in 0..<3
    where at.tree.ownsAnything(session) && !at.tree.closed.contains(session) {
      var next = at
      next.tree.end(session)
      if canEnd(next, &seen) { return true }
    }
    return false
  }
}
