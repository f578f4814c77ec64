import Consistency

extension RandomEnsembleHistory {
  /// The lines of a native history.
  var text: [String] {
    lines.map { number, isEnd in
      let operation = operations[number]
      var (f, call) = ("sync", ",\"path\":\"/a\"")
      if case .request(let request) = operation.call {
        (f, call) = RandomTreeHistory.call(request)
      }
      guard isEnd else { return invocation(number, process: operation.session, f, call) }
      guard let reply = operation.reply else {
        return completion(
          number, process: operation.session, f, "info", ",\"error\":\"ConnectionLoss\"")
      }
      let zxid = operation.zxid.map { ",\"zxid\":\"0x\(String($0, radix: 16))\"" } ?? ""
      return completion(
        number, process: operation.session, f, "ok", RandomTreeHistory.text(reply) + zxid)
    }
  }

  /// The same with the number of each request of its session, as a recorder on the wire sees it.
  var textWithXids: [String] {
    var next = [0, 0, 0]
    return zip(lines, text).map { line, text in
      guard !line.isEnd else { return text }
      let session = operations[line.operation].session
      next[session] += 1
      return text.dropLast() + ",\"xid\":\(next[session])}"
    }
  }

  var lostWrites: [Int] {
    operations.indices.filter { operations[$0].call.isWrite && operations[$0].reply == nil }
  }

  /// Whether an order of the operations, the answered writes in the order of their zxids, gives the
  /// recorded answers and respects what a level demands.
  ///
  /// Every order of the writes, lost ones among them or not, and every place of each read is tried.
  func keeps(_ level: Level) -> Bool {
    if level == .session { return sessionsAscend }
    if level != .linearizableWrites, !sessionsAscend { return false }
    let answered = operations.indices
      .filter { operations[$0].call.isWrite && operations[$0].reply != nil }
      .sorted { (operations[$0].zxid ?? 0) < (operations[$1].zxid ?? 0) }
    return extend([], [Tree()], answered[...], lostWrites, level)
  }

  /// P3 and P7 of what was answered.
  private var sessionsAscend: Bool {
    var last = [0, 0, 0]
    for operation in operations {
      guard let zxid = operation.zxid, operation.reply != nil else { continue }
      let before = last[operation.session]
      guard operation.call.isWrite ? zxid > before : zxid >= before else { return false }
      last[operation.session] = zxid
    }
    return true
  }

  /// A write, and the zxid that it has or may have.
  private struct Write {
    var operation: Int
    var zxid: Int

    init(_ operation: Int, _ zxid: Int) {
      self.operation = operation
      self.zxid = zxid
    }
  }

  private var largestZxid: Int { operations.compactMap(\.zxid).max() ?? 1 }

  /// Goes on with every write that may be next; `states` are the trees before and after each.
  private func extend(
    _ order: [Write], _ states: [Tree], _ answered: ArraySlice<Int>, _ lost: [Int], _ level: Level
  ) -> Bool {
    if answered.isEmpty, isOrder(order, states, level) { return true }
    var possible: [Write] = []
    let last = order.last?.zxid ?? 0
    if let next = answered.first { possible = [Write(next, operations[next].zxid ?? 0)] }
    let end = possible.first?.zxid ?? largestZxid + lost.count + 1
    for zxid in last + 1..<max(end, last + 1) { possible += lost.map { Write($0, zxid) } }
    for write in possible {
      let next = write.operation
      guard case .request(let request) = operations[next].call, var tree = states.last else {
        continue
      }
      // Writes keep the order of real time and of their sessions.
      let isLate = order.contains { after in
        precedesInSession(next, after.operation)
          || (level != .sequential && precedes(next, after.operation))
      }
      if isLate { continue }
      let reply = tree.execute(request, session: operations[next].session, zxid: write.zxid)
      if let recorded = operations[next].reply, !reply.agrees(with: recorded) { continue }
      let rest = operations[next].reply == nil ? answered : answered.dropFirst()
      if extend(order + [write], states + [tree], rest, lost.filter { $0 != next }, level) {
        return true
      }
    }
    return false
  }

  private func precedes(_ first: Int, _ second: Int) -> Bool {
    operations[first].completion < operations[second].invocation
  }

  private func precedesInSession(_ first: Int, _ second: Int) -> Bool {
    operations[first].session == operations[second].session && first < second
  }

  /// Whether the reads and syncs can be put between writes of that order.
  private func isOrder(_ order: [Write], _ states: [Tree], _ level: Level) -> Bool {
    guard level != .linearizableWrites else { return true }
    let others = operations.indices.filter {
      operations[$0].reply != nil && !operations[$0].call.isWrite
    }
    return place(others[...], [:], order, states, level)
  }

  /// Places the reads and syncs one by one: each behind so many writes.
  private func place(
    _ rest: ArraySlice<Int>, _ places: [Int: Int], _ order: [Write], _ states: [Tree],
    _ level: Level
  ) -> Bool {
    guard let next = rest.first else { return true }
    for place in possiblePlaces(of: next, order, states) {
      let fits = order.enumerated().allSatisfy { index, write in
        index < place
          ? !mustPrecede(next, write.operation, level)
          : !mustPrecede(write.operation, next, level)
      }
      guard fits else { continue }
      let agrees = places.allSatisfy { other, otherPlace in
        place < otherPlace
          ? !mustPrecede(other, next, level)
          : place == otherPlace || !mustPrecede(next, other, level)
      }
      guard agrees else { continue }
      if self.place(
        rest.dropFirst(), places.merging([next: place]) { $1 }, order, states, level)
      {
        return true
      }
    }
    return false
  }

  /// Where a read would have been answered the same, around where its zxid puts it; of a sync
  /// anywhere.
  private func possiblePlaces(of read: Int, _ order: [Write], _ states: [Tree]) -> [Int] {
    guard case .request(let request) = operations[read].call, let reply = operations[read].reply,
      let zxid = operations[read].zxid
    else { return Array(states.indices) }
    func isRight(_ place: Int) -> Bool {
      var tree = states[place]
      return tree.execute(request, session: operations[read].session, zxid: nil)
        .agrees(with: reply)
    }
    let home = order.count { $0.zxid <= zxid }
    guard isRight(home) else { return [] }
    var low = home
    while low > 0, isRight(low - 1) { low -= 1 }
    var high = home
    while high < order.count, isRight(high + 1) { high += 1 }
    return Array(low...high)
  }

  /// What a level demands of two operations.
  ///
  /// A write without an answer comes before what its session writes later, but what it reads later
  /// may come first.
  private func mustPrecede(_ first: Int, _ second: Int, _ level: Level) -> Bool {
    if precedesInSession(first, second),
      operations[first].reply != nil || operations[second].call.isWrite
    {
      return true
    }
    guard precedes(first, second) else { return false }
    switch level {
    case .linearizable: return true
    case .zookeeperSync: return operations[second].call.isWrite || operations[second].call == .sync
    case .zookeeper: return operations[second].call.isWrite
    case .session, .sequential, .linearizableWrites: return false
    }
  }
}
