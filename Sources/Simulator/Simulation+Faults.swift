import ClientSession
import LinnaeusBase
import OperationHistory
import Workload

/// What ends a fault.
enum Mending: Hashable {
  case start(Int)
  case unblock([Int32], [Int32])
  case diskSpeed(Int)
  case diskSpace(Int)
}

/// What goes wrong, and how it is mended.
extension Simulation {
  /// Something is to be mended after a while.
  mutating func after(_ delay: Int64, _ mending: Mending) {
    mendings.append(mending)
    queue.schedule(.mending, at: now + max(1, delay), subject: Int32(mendings.count - 1))
  }

  mutating func mend(_ mending: Mending) {
    switch mending {
    case .start(let server):
      start(server)
      resumeStalled()
    case .unblock(let from, let to):
      guard phase == .safety else { return }
      for from in from { for to in to { network.unblock(from, to) } }
      resumeStalled()
    case .diskSpeed(let server): servers[server].disk.slowness = 1
    case .diskSpace(let server): servers[server].disk.disk.capacity = .max
    }
  }

  /// The next fault of the schedule is due.
  mutating func faultIsDue() {
    guard phase == .safety, nextFault < options.schedule.count else { return }
    let fault = options.schedule[nextFault].fault
    nextFault += 1
    if nextFault < options.schedule.count {
      queue.schedule(.fault, at: max(now, options.schedule[nextFault].time))
    }
    let line = fault.line(servers: servers.count)
    if keepsLog { log.append("\(now / 1000) µs: \(line)") }
    record.history.nemesis("fault", .string(line), now: Instant(nanoseconds: now))
    strike(fault)
  }

  private mutating func strike(_ fault: Fault) {
    func nanoseconds(_ milliseconds: Int) -> Int64 { Int64(milliseconds) * 1_000_000 }
    switch fault {
    case .crash(let server, let losesPower, let time):
      crash(server, losesPower: losesPower, restartAfter: nanoseconds(time))
    case .blackout(let time):
      for server in servers.indices {
        let delay = nanoseconds(time) / 2 + Int64(faultRandom.below(max(1, time))) * 1_000_000
        crash(server, losesPower: true, restartAfter: delay)
      }
    case .diskStrike(let server, let operations, let losesPower, let time):
      servers[server].disk.strikesAfter = operations
      servers[server].strike = (losesPower, time)
    case .pause(let server, let time):
      guard servers[server].isUp else { return }
      counters[.pauses] += 1
      servers[server].busyUntil = max(servers[server].busyUntil, now + nanoseconds(time))
      scheduleTurn(server)
    case .split(let hosts, let isOneWay, let time):
      counters[.splits] += 1
      let inside = hosts.map { Int32($0) }
      let outside = (0..<Int32(network.hosts)).filter { !inside.contains($0) }
      block(inside, outside, for: nanoseconds(time))
      if !isOneWay { block(outside, inside, for: nanoseconds(time)) }
    case .block(let from, let to, let time):
      block([Int32(from)], [Int32(to)], for: nanoseconds(time))
    case .clog(let from, let to, let time):
      network.clog(Int32(from), Int32(to), until: now + nanoseconds(time))
    case .deposedLeader(let time): deposeLeader(for: nanoseconds(time))
    case .breakConnections(let host): breakConnections(of: Int32(host))
    default: strikeHost(fault)
    }
  }

  private mutating func strikeHost(_ fault: Fault) {
    switch fault {
    case .slowDisk(let server, let factor, let time):
      servers[server].disk.slowness = Int64(factor)
      after(Int64(time) * 1_000_000, .diskSpeed(server))
    case .fullDisk(let server, let bytes, let time):
      servers[server].disk.disk.capacity = servers[server].disk.disk.used + bytes
      after(Int64(time) * 1_000_000, .diskSpace(server))
    case .syncError(let server): servers[server].disk.disk.nextSyncFails = 5
    case .wallStep(let server, let time):
      servers[server].clock.step(milliseconds: Int64(time))
    case .drift(let server, let rate):
      servers[server].clock.setDrift(Int64(rate), at: now)
      counters[.clockDrifts] += 1
      // What its clock shows by then, it shows at another moment now.
      if servers[server].isUp { arrangeWaking(server) }
    case .reconfigure(let voters, let observers): reconfigure(voters, observers)
    case .rot(let server, let time):
      rot(server, restartAfter: Int64(time) * 1_000_000)
    default: break
    }
  }

  private mutating func block(_ from: [Int32], _ to: [Int32], for time: Int64) {
    for from in from { for to in to { network.block(from, to) } }
    after(time, .unblock(from, to))
  }

  private mutating func deposeLeader(for time: Int64) {
    // Of several that believe to lead, it is the last one.
    guard
      let leader = servers.indices.max(by: { servers[$0].leadsEpoch < servers[$1].leadsEpoch })
    else { return }
    let host = Int32(leader)
    let others = servers.indices.filter { $0 != leader }.map { Int32($0) }
    block([host], others, for: time)
    block(others, [host], for: time)
    for end in network.ends.indices.map({ Int32($0) }) {
      let (own, far) = (network.ends[Int(end)], network.ends[Int(end ^ 1)])
      guard network.kinds[Int(end >> 1)] == .quorum, own.state == .open, far.state == .open,
        own.host != host, far.host == host
      else { continue }
      network.close(end, now: now, queue: &queue)
      linkEnds(Int(own.host), end, own.slot)
    }
  }

  /// Lets the first client that has a session ask for another ensemble.
  private mutating func reconfigure(_ voters: [Int], _ observers: [Int]) {
    guard servers.count > 1, let client = clients.indices.first(where: { clients[$0].isConnected })
    else { return }
    func lines(_ numbers: [Int], _ role: String) -> [String] {
      numbers.map { "server.\($0 + 1)=server\($0 + 1):2888:3888:\(role)" }
    }
    let joining = lines(voters, "participant") + lines(observers, "observer")
    let leaving = servers.indices.filter { !(voters + observers).contains($0) }.map { "\($0 + 1)" }
    let requests: [SessionRequest] = [
      .auth(scheme: Array("digest".utf8), credentials: SimulationOptions.administrator),
      .reconfig(
        joining: Array(joining.joined(separator: ",").utf8),
        leaving: leaving.isEmpty ? nil : Array(leaving.joined(separator: ",").utf8), members: nil),
    ]
    clients[client].perform(requests, at: Instant(nanoseconds: now), &record)
    serve(client)
  }

  private mutating func breakConnections(of host: Int32) {
    for connection in network.kinds.indices {
      let (one, other) = (network.ends[connection * 2], network.ends[connection * 2 + 1])
      guard one.host == host || other.host == host, one.state == .open, other.state == .open
      else { continue }
      network.breakUp(Int32(connection), now: now, queue: &queue)
    }
  }

  /// Everything is mended for good.
  mutating func heal() {
    network.clear()
    election.clear()
    for server in servers.indices {
      servers[server].disk.heal()
      servers[server].busyUntil = min(servers[server].busyUntil, now)
      if servers[server].isUp {
        servers[server].isTurnScheduled = false
        scheduleTurn(server)
      }
      start(server)
    }
    resumeStalled()
  }
}
