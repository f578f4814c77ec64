import LinnaeusBase
import Replica
import Storage
import Tree
import Zab

/// How servers live and work.
extension Simulation {
  // MARK: Life

  /// A server's process starts, unless it runs.
  mutating func start(_ server: Int) {
    guard !servers[server].isUp else { return }
    servers[server].hasPower = true
    counters[.recoveries] += 1
    guard servers[server].start(now: now) else {
      counters[.refusedRecoveries] += 1
      oracles.report(
        .recovery, time: now,
        "server \(server + 1) does not start: \(servers[server].refusal ?? "")")
      return
    }
    servers[server].look()
    let zxid = servers[server].lastZxid
    let digest = servers[server].replica.tree.digest
    trace.fold(UInt64(bitPattern: zxid.rawValue))
    trace.fold(digest)
    oracles.restored(server, to: zxid, digest: digest, time: now)
    turn(server) { _ in }
    findPeers(of: server)
  }

  /// A server's process ends, and perhaps its host's power; it starts again after a while.
  mutating func crash(_ server: Int, losesPower: Bool, restartAfter delay: Int64) {
    guard servers[server].isUp || losesPower && servers[server].hasPower else { return }
    counters[.crashes] += 1
    if losesPower { counters[.powerLosses] += 1 }
    for end in network.ends.indices where network.ends[end].host == Int32(server) {
      let end = Int32(end)
      guard network.ends[Int(end)].state == .open else { continue }
      if losesPower {
        network.vanish(end)
      } else {
        network.close(end, now: now, queue: &queue)
      }
    }
    for other in servers.indices where other != server { election.disconnect(server, other) }
    endReign(server)
    servers[server].crash(losesPower: losesPower)
    if losesPower {
      servers[server].hasPower = false
      if !servers[server].configurations.isEmpty, faultRandom.chance(1, in: 4) {
        servers[server].configurations.removeLast()
      }
    }
    after(delay, .start(server))
  }

  // MARK: Turns

  /// Whether a server looks at what comes at once.
  func isIdle(_ server: Int) -> Bool {
    servers[server].busyUntil <= now && servers[server].inbox.isEmpty
  }

  /// A server is told something: at once if it has nothing else to do.
  mutating func offer(_ input: ServerInput, to server: Int) {
    guard servers[server].isUp else { return }
    guard isIdle(server) else { return wait(input, server) }
    turn(server) { $0.take(input) }
  }

  /// Bytes have come for a server; they are taken away if it has no time for them.
  mutating func receive(_ bytes: inout [UInt8], server: Int, slot: Int32) {
    guard servers[server].isUp else { return }
    guard isIdle(server) else {
      var input = ServerInput(
        kind: .bytes, number: slot, generation: servers[server].slots[Int(slot)].generation)
      swap(&input.bytes, &bytes)
      return wait(input, server)
    }
    bytes.withBorrowedBytes { borrowed in
      turn(server) { $0.receive(borrowed, on: slot) }
    }
  }

  mutating func wait(_ input: ServerInput, _ server: Int) {
    servers[server].inbox.append(input)
    scheduleTurn(server)
  }

  mutating func scheduleTurn(_ server: Int) {
    guard !servers[server].isTurnScheduled else { return }
    servers[server].isTurnScheduled = true
    queue.schedule(
      .turn, at: max(now, servers[server].busyUntil), subject: Int32(server),
      generation: servers[server].incarnation)
  }

  /// A server has time again.
  mutating func turnIsDue(_ event: Event) {
    let server = Int(event.subject)
    guard servers[server].incarnation == event.generation else { return }
    servers[server].isTurnScheduled = false
    if servers[server].busyUntil > now { return scheduleTurn(server) }
    swap(&working, &servers[server].inbox)
    let inputs = working.count
    var batch: [ServerInput] = []
    swap(&batch, &working)
    turn(server, inputs: inputs) { server in
      for input in batch { server.take(input) }
    }
    for index in batch.indices { network.recycle(&batch[index].bytes) }
    batch.removeAll(keepingCapacity: true)
    swap(&batch, &working)
  }

  /// One turn of a server's loop.
  @inline(__always)
  mutating func turn(
    _ server: Int, inputs: Int = 1, _ body: (inout SimulatedServer) -> Void
  ) {
    servers[server].beginTurn(now: now)
    body(&servers[server])
    servers[server].endTurn(inputs: inputs, now: now)
    carryOut(server)
  }

  // MARK: Effects

  /// Carries out what a server's replica wants.
  private mutating func carryOut(_ server: Int) {
    watch(server)
    if !servers[server].effects.peers.touched.isEmpty { sendLinks(of: server) }
    if !servers[server].effects.peers.notifications.isEmpty { sendNotifications(of: server) }
    swap(&touched, &servers[server].effects.touched)
    for slot in touched { send(server, slot) }
    touched.removeAll(keepingCapacity: true)
    if !servers[server].effects.log.isEmpty { takeLog(server) }
    if servers[server].replica.failure != nil { return stop(server) }
    if servers[server].effects.configuration != nil {
      counters[.reconfigurations] += 1
      servers[server].keepConfiguration()
    }
    if let id = servers[server].effects.connectTo { connectLink(server, to: id) }
    if !servers[server].effects.historyReads.isEmpty { return readHistories(server) }
    workDisk(server)
    arrangeWaking(server)
    if servers[server].reloadLimit != nil { reload(server) }
  }

  /// A leader reads what learners lack from its log, which is as long as what it has written.
  private mutating func readHistories(_ server: Int) {
    let reads = servers[server].effects.historyReads
    servers[server].effects.historyReads.removeAll(keepingCapacity: true)
    turn(server, inputs: reads.count) { server in
      for read in reads { server.readHistory(read) }
    }
    counters[.logDifferences] += servers[server].takeLogDifferences()
  }

  /// A server recovers again, once its disk is done.
  private mutating func reload(_ server: Int) {
    let isTruncation = servers[server].reloadLimit != Zxid(rawValue: .max)
    do throws(RecoveryError) {
      guard try servers[server].reloadIfDue() else { return }
    } catch {
      oracles.report(.recovery, time: now, "server \(server + 1) cannot recover again: \(error)")
      return crash(server, losesPower: false, restartAfter: 1_000_000_000)
    }
    counters[isTruncation ? .truncations : .reloads] += 1
    servers[server].joinedAt = nil
    servers[server].look()
    noteRestored(server)
    turn(server) { _ in }
  }

  /// The tree of a server is another one than before.
  private mutating func noteRestored(_ server: Int) {
    let zxid = servers[server].lastZxid
    let digest = servers[server].replica.tree.digest
    servers[server].watchedZxid = zxid
    oracles.restored(server, to: zxid, digest: digest, time: now)
  }

  private mutating func send(_ server: Int, _ slot: Int32) {
    let end = servers[server].slots[Int(slot)].end
    guard end >= 0 else { return }
    if servers[server].effects.outputs[Int(slot)].count > 0 {
      trace.fold(UInt64(servers[server].effects.outputs[Int(slot)].count))
      servers[server].pay(forBytes: servers[server].effects.outputs[Int(slot)].count)
      network.send(
        &servers[server].effects.outputs[Int(slot)].bytes, from: end, now: now, queue: &queue)
    }
    if servers[server].effects.closing[Int(slot)] {
      servers[server].disconnect(slot)
      network.close(end, now: now, queue: &queue)
    }
  }

  private mutating func takeLog(_ server: Int) {
    for (level, message) in servers[server].effects.log {
      if keepsLog {
        log.append("\(now / 1000) µs, server \(server + 1), \(level): \(message)")
      }
      if level == .warning {
        oracles.report(.peerProtocol, time: now, "server \(server + 1): \(message)")
      }
    }
    servers[server].effects.log.removeAll(keepingCapacity: true)
  }

  /// A replica has stopped for good: its process ends, and is started again.
  private mutating func stop(_ server: Int) {
    counters[.diskFailures] += 1
    let isDisk = servers[server].disk.hasFailed
    if !isDisk {
      oracles.report(
        .running, time: now,
        "server \(server + 1) stops: \(servers[server].replica.failure ?? "")")
    }
    crash(server, losesPower: false, restartAfter: 500_000_000)
  }

  /// A server is woken when it wants to be.
  mutating func arrangeWaking(_ server: Int) {
    servers[server].updateDeadline()
    guard let deadline = servers[server].deadline, deadline < servers[server].wakesAt else {
      return
    }
    let time = max(deadline, servers[server].busyUntil)
    guard time < servers[server].wakesAt else { return }
    servers[server].wakesAt = time
    queue.schedule(
      .serverTimer, at: time, subject: Int32(server), generation: servers[server].incarnation)
  }

  /// A server may have wanted to be woken now.
  mutating func serverWakes(_ event: Event) {
    let server = Int(event.subject)
    guard servers[server].incarnation == event.generation, servers[server].wakesAt == now else {
      return
    }
    servers[server].wakesAt = .max
    guard isIdle(server) else { return scheduleTurn(server) }
    guard let deadline = servers[server].deadline, deadline <= now else {
      return arrangeWaking(server)
    }
    turn(server) { _ in }
  }

  // MARK: Disks

  /// The disk goes on if it has nothing in work.
  private mutating func workDisk(_ server: Int) {
    guard let duration = servers[server].disk.begin() else { return }
    queue.schedule(
      .disk, at: now + duration, subject: Int32(server), generation: servers[server].incarnation)
  }

  /// A disk is done with what it had in work.
  mutating func diskIsDone(_ event: Event) {
    let server = Int(event.subject)
    guard servers[server].incarnation == event.generation else { return }
    let (answer, isStruck) = servers[server].disk.finish()
    if isStruck {
      counters[.diskStrikes] += 1
      let strike = servers[server].strike
      return crash(
        server, losesPower: strike.losesPower, restartAfter: Int64(strike.milliseconds) * 1_000_000)
    }
    workDisk(server)
    guard let answer else {
      // Nobody hears of what carries no ticket; who waits for the disk to be done looks again.
      if servers[server].reloadLimit != nil { reload(server) }
      return
    }
    var input = ServerInput(kind: answer.errno == nil ? .completed : .failed)
    input.ticket = answer.ticket.rawValue
    input.errno = answer.errno ?? 0
    offer(input, to: server)
  }

  // MARK: Watching

  /// Lets the oracles see what a server has done in its turn.
  private mutating func watch(_ server: Int) {
    servers[server].look()
    let isServing = servers[server].acceptsClients
    let hasApplied = !servers[server].replica.appliedMarks.isEmpty
    if !hasApplied, servers[server].lastZxid != servers[server].watchedZxid {
      // A snapshot of the leader took the place of everything.
      counters[.snapshotsReceived] += 1
      servers[server].joinedAt = nil
      takeOverRecovered(server)
      noteRestored(server)
    }
    if hasApplied || isServing {
      // Whoever gets this far has made a leader's snapshot durable, or a truncation.
      servers[server].replaced = nil
      servers[server].truncated = []
      if !servers[server].recovered.isEmpty {
        oracles.recoveredIsCommitted(servers[server].recovered, by: server, time: now)
        servers[server].recovered = []
      }
    }
    if hasApplied { watchApplied(server) }
    if isServing {
      if !servers[server].isServing { watchJoining(server) }
      watchServing(server)
    } else if servers[server].isServing {
      counters[.stepDowns] += 1
      endReign(server)
    }
    servers[server].isServing = isServing
  }

  /// With a leader's snapshot comes what that leader has replayed and not committed yet.
  private mutating func takeOverRecovered(_ server: Int) {
    let zxid = servers[server].lastZxid
    let before = servers[server].replaced?.recovered ?? servers[server].recovered
    servers[server].replaced = (zxid, before)
    servers[server].truncated = []
    servers[server].recovered = []
    switch servers[server].replica.zab?.phase {
    case .following(let leader), .observing(let leader):
      servers[server].recovered = servers[Int(leader.rawValue) - 1].recovered.filter {
        $0.zxid <= zxid
      }
    default: break
    }
  }

  private mutating func watchApplied(_ server: Int) {
    for mark in servers[server].replica.appliedMarks {
      trace.fold(UInt64(mark.checksum))
      oracles.applied(mark, by: server, time: now)
    }
    servers[server].replica.appliedMarks.removeAll(keepingCapacity: true)
    servers[server].watchedZxid = servers[server].lastZxid
  }

  /// A learner begins to serve.
  private mutating func watchJoining(_ server: Int) {
    if servers[server].leadingEpoch == nil, let end = servers[server].joinedAt,
      let last = servers[server].replica.zab?.window.last, last > end
    {
      counters[.differences] += 1
    }
    servers[server].joinedAt = nil
  }

  private mutating func watchServing(_ server: Int) {
    let zxid = servers[server].lastZxid
    guard servers[server].setup.configuration != nil else {
      guard !servers[server].isServing else { return }
      beginReign(server, epoch: Int64(servers[server].incarnation))
      return oracles.serves(server, lastZxid: zxid, time: now)
    }
    guard let epoch = servers[server].leadingEpoch, servers[server].leadsEpoch != epoch else {
      return
    }
    beginReign(server, epoch: Int64(epoch))
    counters[.leaders] += 1
    oracles.leads(
      server, epoch: UInt32(truncatingIfNeeded: epoch), lastZxid: zxid, time: now)
  }
}
