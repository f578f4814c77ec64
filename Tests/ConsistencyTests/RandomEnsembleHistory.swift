import LinnaeusBase

/// A small random history of an ensemble whose servers lag, with the zxids of its replies, which may
/// then be spoilt; and what brute force says of each level.
struct RandomEnsembleHistory {
  typealias Tree = ReferenceTree

  enum Call: Hashable {
    case request(Tree.Request)
    case sync

    var isWrite: Bool {
      guard case .request(let request) = self else { return false }
      return !request.isRead
    }

    var isRead: Bool { self != .sync && !isWrite }
  }

  struct Operation {
    var call: Call
    var session: Int
    var zxid: Int?
    /// Nil if it was lost.
    var reply: Tree.Reply?
    var invocation: Int
    var completion = Int.max
  }

  var operations: [Operation] = []
  /// What stands in each line: an operation, and whether it is its end.
  private(set) var lines: [(operation: Int, isEnd: Bool)] = []
  private var random: SeededRandom
  /// The tree after each transaction, the empty one first, and their zxids.
  private var states: [(zxid: Int, tree: Tree)] = [(1, Tree())]
  /// How many of them each server has applied.
  private var applied = [0, 0]
  private var serverOf = [0, 1, 1]
  /// What each session has seen.
  private var seen = [0, 0, 0]

  /// How many of every so many calls and eleven are syncs.
  private let syncs: Int

  init(seed: UInt64, count: Int, syncs: Int = 1) {
    random = SeededRandom(seed: seed)
    self.syncs = syncs
    var open: [(operation: Int, isDone: Bool)] = []
    while operations.count < count || !open.isEmpty {
      if Int.random(in: 0..<4, using: &random) == 0 { applyMore() }
      let session = Int.random(in: 0..<3, using: &random)
      let isBusy = open.contains { operations[$0.operation].session == session }
      if operations.count < count, !isBusy, Bool.random(using: &random) {
        moveServer(session)
        open.append((operations.count, false))
        lines.append((operations.count, false))
        operations.append(
          Operation(call: randomCall(), session: session, invocation: lines.count))
        continue
      }
      guard let index = open.indices.randomElement(using: &random) else { continue }
      let number = open[index].operation
      if open[index].isDone {
        open.remove(at: index)
        lines.append((number, true))
        if operations[number].reply != nil { operations[number].completion = lines.count }
      } else {
        open[index].isDone = true
        execute(number)
      }
    }
  }

  private mutating func applyMore() {
    let server = Int.random(in: 0..<2, using: &random)
    if applied[server] < states.count - 1 { applied[server] += 1 }
  }

  /// A session may go to another server that is not behind it; seldom to one that is.
  private mutating func moveServer(_ session: Int) {
    let other = 1 - serverOf[session]
    let isCareless = Int.random(in: 0..<10, using: &random) == 0
    guard Int.random(in: 0..<3, using: &random) == 0,
      isCareless || states[applied[other]].zxid >= seen[session]
    else { return }
    serverOf[session] = other
  }

  private mutating func randomCall() -> Call {
    let path = ["/a", "/b"].randomElement(using: &random) ?? "/a"
    let value = ["x", "y"].randomElement(using: &random) ?? "x"
    let version = [-1, -1, 0].randomElement(using: &random) ?? -1
    switch Int.random(in: 0..<11 + syncs, using: &random) {
    case 0..<2: return .request(.create(path, value: value, isEphemeral: false))
    case 2..<5: return .request(.setData(path, value: value, version: version))
    case 5: return .request(.delete(path, version: version))
    case 6..<8: return .request(.exists(path))
    case 8..<11: return .request(.getData(path))
    default: return .sync
    }
  }

  private mutating func execute(_ number: Int) {
    let session = operations[number].session
    let server = serverOf[session]
    let isLost = Int.random(in: 0..<8, using: &random) == 0
    if isLost, Bool.random(using: &random) { return }
    switch operations[number].call {
    case .request(let request) where !request.isRead:
      let zxid = (states.last?.zxid ?? 1) + 1
      var tree = states.last?.tree ?? Tree()
      let reply = tree.execute(request, session: session, zxid: zxid)
      states.append((zxid, tree))
      guard !isLost else { return }
      applied[server] = states.count - 1
      answer(number, reply, zxid)
    case .request(let request):
      var state = states[applied[server]]
      guard !isLost else { return }
      answer(number, state.tree.execute(request, session: session, zxid: nil), state.zxid)
    case .sync:
      // Mostly to the last transaction, as a leader that leads answers.
      if Int.random(in: 0..<4, using: &random) > 0 { applied[server] = states.count - 1 }
      guard !isLost else { return }
      answer(number, Tree.Reply(), states[applied[server]].zxid)
    }
  }

  private mutating func answer(_ number: Int, _ reply: Tree.Reply, _ zxid: Int) {
    operations[number].reply = reply
    operations[number].zxid = zxid
    seen[operations[number].session] = max(seen[operations[number].session], zxid)
  }

  /// Changes something of one answer that no file can contradict by itself.
  mutating func spoil() {
    let answered = operations.indices.filter { operations[$0].reply != nil }
    guard let index = answered.randomElement(using: &random),
      var reply = operations[index].reply
    else { return }
    let isRead = operations[index].call.isRead
    switch Int.random(in: 0..<4, using: &random) {
    case 0: reply.stat?.version += 1
    case 1 where isRead && reply.value != nil: reply.value = reply.value == "x" ? "y" : "x"
    case 2 where isRead && reply.error == nil: reply = Tree.Reply(error: "NoNode")
    default:
      guard isRead else { return }
      operations[index].zxid = Int.random(in: 1...(states.last?.zxid ?? 1), using: &random)
      // A Stat that is newer than the reply's zxid would be another contradiction.
      reply.stat?.mzxid = nil
      reply.stat?.czxid = nil
    }
    operations[index].reply = reply
  }
}
