import Jute
import LinnaeusBase

@testable import Zab

/// What a server does for its part in the ensemble, and what must hold when it does it.
extension Ensemble {
  func carryOut(_ server: Int) {
    var place = 0
    while place < servers[server].effects.events.count {
      let event = servers[server].effects.events[place]
      place += 1
      carryOut(event, server)
    }
    servers[server].effects.events = []
    servers[server].effects.bytes.bytes = []
    let touched = servers[server].effects.touched
    servers[server].effects.touched = []
    for link in touched {
      let output = servers[server].effects.outputs[Int(link)].bytes
      servers[server].effects.outputs[Int(link)].bytes = []
      if !output.isEmpty {
        describe(server, link, output)
        send(server, link, output)
      }
      guard servers[server].effects.closing[Int(link)] else { continue }
      servers[server].effects.closing[Int(link)] = false
      if let connection = servers[server].links[Int(link)] { hangUp(server, link, connection) }
    }
    let notifications = servers[server].effects.notifications
    servers[server].effects.notifications = []
    for (to, message) in notifications {
      let other = Int(to.rawValue) - 1
      guard !isCut[server][other], !isCut[other][server] else { continue }
      let time = max(now + delay(), notificationTime[server][other])
      notificationTime[server][other] = time
      queue.plan(.notification(to: other, from: server, message), at: time)
      describe(server, other, notification: message)
    }
    planWake(server)
  }

  private func planWake(_ server: Int) {
    guard let deadline = servers[server].zab?.nextDeadline else { return }
    let time = max(now, deadline.nanoseconds / 1000 + 1)
    guard time < servers[server].wakeAt else { return }
    servers[server].wakeAt = time
    queue.plan(.wake(server: server), at: time)
  }

  private func carryOut(_ event: ZabEvent, _ server: Int) {
    switch event {
    case .connect(let leader):
      queue.plan(
        .connect(from: server, to: Int(leader.rawValue) - 1, life: servers[server].life),
        at: now + delay())
    case .log(let zxid):
      note(server, "logs \(zxid)")
      guard let transaction = transaction(zxid, server) else {
        return fail("\(zxid) is to be logged and is not in the window")
      }
      write(.append(transaction), server)
    case .commit(let zxid):
      note(server, "commits up to \(zxid)")
      commit(zxid, server)
    case .writeEpoch(let file, let epoch):
      if file == .current, epoch < servers[server].disk.accepted {
        fail("\(servers[server].id) takes over epoch \(epoch) after a later promise")
      }
      note(server, "writes \(file)Epoch \(epoch)")
      writeEpoch(file, epoch, server)
    case .reload(let zxid):
      if zxid.rawValue < .max { count("TRUNC") }
      if zxid < servers[server].disk.snapshotZxid { fail("a snapshot cannot be cut") }
      note(server, "recovers" + (zxid.rawValue < .max ? " up to \(zxid)" : ""))
      servers[server].disk.cut = zxid.rawValue < .max ? zxid : nil
      servers[server].incoming = nil
      queue.plan(.reload(server: server, life: servers[server].life), at: now + 1_000)
    case .receiveSnapshot(let link, let zxid):
      count("SNAP received")
      servers[server].incoming = (link, zxid, [])
    case .readHistory(let link, let first, let last):
      let disk = servers[server].disk
      let history = options.readsLogs ? disk.history(after: first, through: last) : nil
      if history != nil { count("DIFF from the log") }
      ask(server) { $0.historyRead(link, after: first, history, into: &$1) }
    case .sendSnapshot(let link):
      guard let connection = servers[server].links[Int(link)] else { return }
      queue.plan(
        .snapshot(server: server, life: servers[server].life, link: link, connection: connection),
        at: now + Int64(random.below(5_000)))
    case .serve: serve(server)
    case .stopServing(let reason):
      note(server, "stops: \(reason)")
      servers[server].isServing = false
      servers[server].syncs = []
      checkNote(reason, server)
    case .request(let link, _, _, let opcode, _, _):
      if opcode == Opcode.sync.rawValue {
        ask(server) {
          $0.answerSync(link: link, provesLeadership: options.provesLeadership, into: &$1)
        }
      }
    case .synced: finishSync(server)
    case .reportSessions: ask(server) { $0.reportSessions([], into: &$1) }
    case .revalidate, .touched, .learnerGone, .revalidated, .configured: break
    case .note(let text), .warning(let text):
      if text.contains("cannot be cut") { count("snapshot in place of TRUNC") }
      note(server, text)
      checkNote(text, server)
    }
  }

  /// Nobody among ourselves breaks the protocol.
  private func checkNote(_ text: String, _ server: Int) {
    for sign in ["broke the protocol", " sent ", "sense", "older than what is kept"]
    where text.contains(sign) {
      fail("\(servers[server].id): \(text)")
    }
  }

  private func transaction(_ zxid: Zxid, _ server: Int) -> TestTransaction? {
    guard let window = servers[server].zab?.window else { return nil }
    let place = window.place(after: Zxid(rawValue: zxid.rawValue - 1))
    guard place < window.count, window.zxid(at: place) == zxid else { return nil }
    return window.withPayload(at: place) { TestTransaction($0, zxid: zxid) }
  }

  private func commit(_ zxid: Zxid, _ server: Int) {
    guard let window = servers[server].zab?.window else { return }
    while let next = window.first(after: servers[server].state.last?.zxid ?? .zero), next <= zxid,
      let transaction = transaction(next, server)
    {
      servers[server].state.append(transaction)
      if servers[server].isServing { check(server, from: servers[server].state.count - 1) }
    }
  }

  /// Everything that a serving server has applied is committed, in the one order that there is.
  private func check(_ server: Int, from start: Int) {
    let state = servers[server].state
    for place in start..<max(start, state.count) {
      if place > committed.count { return fail("\(servers[server].id) is ahead of everybody") }
      if place == committed.count {
        committed.append(state[place])
      } else if committed[place] != state[place] {
        fail(
          "\(servers[server].id) applied \(state[place]) as number \(place), "
            + "others \(committed[place])")
      }
    }
  }

  private func serve(_ server: Int) {
    guard let zab = servers[server].zab else { return }
    note(server, "serves in \(zab.phase), epoch \(zab.currentEpoch)")
    if zab.phase == .leading {
      count("epoch")
      if let other = leaders[zab.currentEpoch], other != servers[server].id {
        fail("epoch \(zab.currentEpoch) has two leaders")
      }
      leaders[zab.currentEpoch] = servers[server].id
      histories.append((zab.currentEpoch, servers[server].state))
      // One that begins late, when a later leader serves already, cannot know what that has
      // committed, and commits nothing of its own any more.
      let earlier = committed.prefix { Int64($0.zxid.epoch) < zab.currentEpoch }
      if servers[server].state.count < earlier.count {
        fail("leader \(servers[server].id) lacks what is committed")
      }
      servers[server].nextZxid = zab.epochStart.next
    }
    servers[server].isServing = true
    check(server, from: 0)
  }

  // MARK: Clients

  func work() {
    let pause = isFaulty ? options.workloadPause : max(options.workloadPause, 10_000)
    queue.plan(.workload, at: now + 1 + Int64(random.below(Int(pause * 2))))
    let server = random.below(servers.count)
    guard servers[server].isServing else { return }
    if servers[server].zab?.phase == .leading {
      for _ in 0..<1 + random.below(3) { propose(server) }
    }
    if random.chance(1, in: 4) { sync(server) }
  }

  func propose(_ server: Int) {
    guard servers[server].isServing, servers[server].zab?.phase == .leading else { return }
    let transaction = TestTransaction(zxid: servers[server].nextZxid, value: nextValue)
    nextValue += 1
    servers[server].nextZxid = transaction.zxid.next
    transaction.payload.withBorrowedBytes { payload in
      input(server) {
        guard $0.isServing else { return }
        proposed.append(transaction)
        $0.propose(payload, zxid: transaction.zxid, into: &$1)
      }
    }
  }

  func sync(_ server: Int) {
    input(server) {
      guard $0.isServing else { return }
      servers[server].syncs.append(
        (committed.count, $0.phase == .leading ? $0.window.last : .zero))
      if $0.phase == .leading {
        $0.answerSync(link: nil, provesLeadership: options.provesLeadership, into: &$1)
      } else {
        $0.forward(
          session: 1, xid: 1, opcode: .sync, body: .empty, identities: .empty, into: &$1)
      }
    }
  }

  private func finishSync(_ server: Int) {
    guard !servers[server].syncs.isEmpty else { return fail("a sync is answered twice") }
    count("sync")
    let known = servers[server].syncs.removeFirst()
    if let last = servers[server].state.last?.zxid, last < known.proposed {
      fail("leader \(servers[server].id) has answered a sync before what was proposed")
    }
    if options.provesLeadership, servers[server].state.count < known.committed {
      fail("\(servers[server].id) has answered a sync and lacks what was committed before")
    }
  }

  // MARK: Traces

  private func describe(_ server: Int, _ other: Int, notification: [UInt8]) {
    guard options.isTraced else { return }
    notification.withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      guard let said = try? ElectionNotification(from: &reader) else { return }
      note(
        server,
        "→ \(servers[other].id) \(said.state), round \(said.round), for \(said.leader)"
          + " with \(said.zxid) of epoch \(said.peerEpoch)")
    }
  }

  private func describe(_ server: Int, _ link: Int32, _ output: [UInt8]) {
    guard options.isTraced, let connection = servers[server].links[Int(link)] else { return }
    let ends = connections[connection]
    let to = servers[ends.opener == server ? ends.other : ends.opener].id
    output.withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      while let packet = try? QuorumPacket.next(from: &reader) {
        note(server, "→ \(to) \(packet.kind) \(packet.zxid)")
        if packet.kind == .snapshot, let count = try? reader.int64() {
          _ = try? reader.take(Int(count) * 16)
          _ = try? reader.string()
        }
      }
    }
  }
}
