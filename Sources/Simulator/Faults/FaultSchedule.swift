import LinnaeusBase

/// Draws what goes wrong in a run: a list of faults, made up front from the seed, so that a run can be
/// repeated with fewer of them.
struct FaultSchedule {
  let servers: Int
  let voters: Int
  let clients: Int
  let kinds: [FaultKind]
  /// The unit of durations, in milliseconds.
  let tick: Int
  private var random: SeededRandom

  init(seed: UInt64, servers: Int, voters: Int, clients: Int, kinds: [FaultKind], tick: Int) {
    self.servers = servers
    self.voters = voters
    self.clients = clients
    self.kinds = kinds
    self.tick = tick
    random = SeededRandom(seed: seed, .faults, 1)
  }

  /// Faults from one moment to another, so far apart on average, in nanoseconds.
  mutating func draw(from start: Int64, to end: Int64, apart mean: Int64) -> [ScheduledFault] {
    guard !kinds.isEmpty else { return [] }
    var faults: [ScheduledFault] = []
    var time = start
    while true {
      // Bursts: now and then one comes upon the heels of the last.
      time += random.exponential(mean: random.chance(1, in: 4) ? mean / 20 : mean) + 1
      guard time < end else { return faults }
      faults.append(ScheduledFault(time: time, fault: fault(random.pick(kinds))))
      if let again = strikeAgain(faults[faults.count - 1]) { faults.append(again) }
    }
  }

  /// Now and then whoever crashes is struck again at once, while it recovers and joins.
  private mutating func strikeAgain(_ last: ScheduledFault) -> ScheduledFault? {
    guard case .crash(let server, _, _) = last.fault, kinds.contains(.diskStrike),
      random.chance(1, in: 2)
    else { return nil }
    return ScheduledFault(
      time: last.time,
      fault: .diskStrike(
        server: server, operations: random.below(40), losesPower: true, milliseconds: duration()))
  }

  /// Mostly less than a session's time-out, sometimes much more.
  private mutating func duration() -> Int {
    let mean = random.pick([tick / 5, tick, tick * 3, tick * 12])
    return max(1, Int(random.exponential(mean: Int64(mean) * 1_000) / 1_000))
  }

  private mutating func server() -> Int { random.below(servers) }

  private mutating func fault(_ kind: FaultKind) -> Fault {
    switch kind {
    case .crash: .crash(server: server(), losesPower: false, milliseconds: duration())
    case .powerLoss: .crash(server: server(), losesPower: true, milliseconds: duration())
    case .blackout: .blackout(milliseconds: duration())
    case .diskStrike:
      .diskStrike(
        server: server(), operations: random.below(12), losesPower: random.chance(2, in: 3),
        milliseconds: duration())
    case .pause: .pause(server: server(), milliseconds: duration())
    case .split: .split(hosts: half(), isOneWay: false, milliseconds: duration())
    case .oneWaySplit: .split(hosts: half(), isOneWay: true, milliseconds: duration())
    case .link:
      pair { .block(from: $0, to: $1, milliseconds: $2) }
    case .clog:
      pair { .clog(from: $0, to: $1, milliseconds: $2) }
    case .broken: .breakConnections(host: random.below(servers + clients))
    case .slowDisk:
      .slowDisk(server: server(), factor: random.pick([5, 50, 500]), milliseconds: duration())
    case .fullDisk:
      .fullDisk(server: server(), bytes: random.below(4_000), milliseconds: duration())
    case .syncError: .syncError(server: server())
    case .wallStep:
      .wallStep(server: server(), milliseconds: random.within(-100_000...100_000))
    case .drift:
      .drift(
        server: server(), partsPerMillion: random.pick([-100_000, -50_000, -200, 0, 200, 100_000]))
    case .deposedLeader: .deposedLeader(milliseconds: duration())
    case .reconfigure: reconfiguration()
    case .rot: .rot(server: server(), milliseconds: duration())
    }
  }

  /// Any servers, of which at least one votes.
  private mutating func reconfiguration() -> Fault {
    var (voters, observers): ([Int], [Int]) = ([], [])
    for server in 0..<servers {
      switch random.below(5) {
      case 0...2: voters.append(server)
      case 3: observers.append(server)
      default: break
      }
    }
    if voters.isEmpty { voters = [observers.popLast() ?? server()] }
    return .reconfigure(voters: voters, observers: observers)
  }

  private mutating func pair(_ fault: (Int, Int, Int) -> Fault) -> Fault {
    let from = server()
    var to = random.below(servers + clients)
    if to == from { to = (to + 1) % (servers + clients) }
    return random.chance(1, in: 2) ? fault(from, to, duration()) : fault(to, from, duration())
  }

  /// Some of the servers, with some of the clients.
  private mutating func half() -> [Int] {
    var hosts: [Int] = []
    if servers > 1 {
      // One alone, a minority, or any.
      let count = random.pick([1, max(1, (servers - 1) / 2), 1 + random.below(servers - 1)])
      var rest = Array(0..<servers)
      for _ in 0..<count { hosts.append(rest.remove(at: random.below(rest.count))) }
    } else {
      hosts = [0]
    }
    for client in servers..<servers + clients where random.chance(1, in: 3) {
      hosts.append(client)
    }
    return hosts.sorted()
  }
}
