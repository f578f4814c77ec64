import Simulator

extension Fault {
  /// Reads what a schedule says after the kind.
  init(_ kind: FaultKind, _ fields: inout FaultFields) throws(ScheduleError) {
    switch kind {
    case .crash, .powerLoss:
      self = .crash(
        server: try fields.server(), losesPower: kind == .powerLoss,
        milliseconds: try fields.milliseconds())
    case .blackout: self = .blackout(milliseconds: try fields.milliseconds())
    case .diskStrike:
      self = .diskStrike(
        server: try fields.server(), operations: try fields.number("after"),
        losesPower: try fields.choice("power", "lost", "kept"),
        milliseconds: try fields.milliseconds())
    case .pause:
      self = .pause(server: try fields.server(), milliseconds: try fields.milliseconds())
    case .split, .oneWaySplit:
      self = .split(
        hosts: try fields.hosts("hosts").sorted(), isOneWay: kind == .oneWaySplit,
        milliseconds: try fields.milliseconds())
    case .link:
      self = .block(
        from: try fields.host("from"), to: try fields.host("to"),
        milliseconds: try fields.milliseconds())
    case .clog:
      self = .clog(
        from: try fields.host("from"), to: try fields.host("to"),
        milliseconds: try fields.milliseconds())
    case .broken: self = .breakConnections(host: try fields.host("host"))
    case .slowDisk:
      self = .slowDisk(
        server: try fields.server(), factor: try fields.number("factor"),
        milliseconds: try fields.milliseconds())
    case .fullDisk:
      self = .fullDisk(
        server: try fields.server(), bytes: try fields.number("bytes"),
        milliseconds: try fields.milliseconds())
    case .syncError: self = .syncError(server: try fields.server())
    case .wallStep:
      self = .wallStep(
        server: try fields.server(), milliseconds: try fields.milliseconds("by"))
    case .drift:
      self = .drift(
        server: try fields.server(), partsPerMillion: try fields.number("ppm", -999_999...999_999))
    case .deposedLeader: self = .deposedLeader(milliseconds: try fields.milliseconds())
    case .reconfigure:
      self = .reconfigure(
        voters: try fields.servers("voters"),
        observers: fields.has("observers") ? try fields.servers("observers") : [])
    case .rot: self = .rot(server: try fields.server(), milliseconds: try fields.milliseconds())
    }
  }
}

/// The `name=value` words of a fault's line.
struct FaultFields {
  private var fields: [(name: Substring, value: Substring)] = []
  private let servers: Int
  private let clients: Int
  private let line: Int

  init(
    _ words: ArraySlice<Substring>, of schedule: RunSchedule, line: Int
  ) throws(ScheduleError) {
    servers = schedule.servers
    clients = schedule.clients
    self.line = line
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw ScheduleError(line: line, message: "expected name=value, not '\(word)'")
      }
      fields.append((parts[0], parts[1]))
    }
  }

  private mutating func take(_ name: String) throws(ScheduleError) -> Substring {
    guard let place = fields.firstIndex(where: { $0.name == name }) else {
      throw ScheduleError(line: line, message: "\(name)= is missing")
    }
    return fields.remove(at: place).value
  }

  private func expected(_ name: String, _ what: String, _ found: Substring) -> ScheduleError {
    ScheduleError(line: line, message: "\(name) takes \(what), not '\(found)'")
  }

  mutating func number(
    _ name: String, _ allowed: ClosedRange<Int> = 0...1_000_000_000
  ) throws(ScheduleError) -> Int {
    let text = try take(name)
    guard let number = Int(text), allowed.contains(number) else {
      throw expected(name, "a number from \(allowed.lowerBound) to \(allowed.upperBound)", text)
    }
    return number
  }

  mutating func milliseconds(_ name: String = "for") throws(ScheduleError) -> Int {
    let text = try take(name)
    guard text.hasSuffix("ms"), let number = Int(text.dropLast(2)),
      (name == "for" ? 0...1_000_000_000 : -1_000_000_000...1_000_000_000).contains(number)
    else { throw expected(name, "a time like 300ms", text) }
    return number
  }

  /// Whether it is the first of two words.
  mutating func choice(
    _ name: String, _ first: String, _ second: String
  ) throws(ScheduleError) -> Bool {
    let text = try take(name)
    guard text == first || text == second else {
      throw expected(name, "\(first) or \(second)", text)
    }
    return text == first
  }

  /// Whether there is a field of that name.
  func has(_ name: String) -> Bool { fields.contains { $0.name == name } }

  mutating func servers(_ name: String) throws(ScheduleError) -> [Int] {
    let hosts = try hosts(name).sorted()
    if let client = hosts.first(where: { $0 >= servers }) {
      throw expected(name, "servers", "client-\(client - servers + 1)")
    }
    return hosts
  }

  mutating func server() throws(ScheduleError) -> Int {
    let text = try take("server")
    guard let number = Int(text), (1...servers).contains(number) else {
      throw expected("server", "a number from 1 to \(servers)", text)
    }
    return number - 1
  }

  mutating func host(_ name: String) throws(ScheduleError) -> Int {
    try host(name, try take(name))
  }

  mutating func hosts(_ name: String) throws(ScheduleError) -> [Int] {
    var hosts: [Int] = []
    for part in try take(name).split(separator: ",", omittingEmptySubsequences: false) {
      hosts.append(try host(name, part))
    }
    return hosts
  }

  private func host(_ name: String, _ text: Substring) throws(ScheduleError) -> Int {
    let parts = text.split(separator: "-")
    if parts.count == 2, let number = Int(parts[1]), number >= 1 {
      if parts[0] == "server", number <= servers { return number - 1 }
      if parts[0] == "client", number <= clients { return servers + number - 1 }
    }
    throw expected(name, "hosts server-1 to \(servers) and client-1 to \(clients)", text)
  }

  /// Refuses what is left.
  func finish() throws(ScheduleError) {
    if let field = fields.first {
      throw ScheduleError(line: line, message: "'\(field.name)' says nothing here")
    }
  }
}
