extension FaultKind {
  /// Its name on the command line and in schedules: `power-loss`.
  public var word: String {
    rawValue.reduce(into: "") { word, letter in
      word += letter.isUppercase ? "-\(letter.lowercased())" : String(letter)
    }
  }

  /// The kind of that name.
  public init?(word: some StringProtocol) {
    guard let kind = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = kind
  }
}

extension Fault {
  /// Which kind of fault it is.
  public var kind: FaultKind {
    switch self {
    case .crash(_, let losesPower, _): losesPower ? .powerLoss : .crash
    case .blackout: .blackout
    case .diskStrike: .diskStrike
    case .pause: .pause
    case .split(_, let isOneWay, _): isOneWay ? .oneWaySplit : .split
    case .block: .link
    case .clog: .clog
    case .breakConnections: .broken
    case .slowDisk: .slowDisk
    case .fullDisk: .fullDisk
    case .syncError: .syncError
    case .wallStep: .wallStep
    case .deposedLeader: .deposedLeader
    case .drift: .drift
    case .reconfigure: .reconfigure
    case .rot: .rot
    }
  }

  /// What a user reads of it, and what a schedule says: `pause server=1 for=40ms`; hosts count from 1.
  public func line(servers: Int) -> String {
    ([kind.word] + words(servers: servers)).joined(separator: " ")
  }

  /// What its line says after its kind.
  private func words(servers: Int) -> [String] {
    func host(_ number: Int) -> String {
      number < servers ? "server-\(number + 1)" : "client-\(number - servers + 1)"
    }
    switch self {
    case .crash(let server, _, let time), .pause(let server, let time), .rot(let server, let time):
      return ["server=\(server + 1)", "for=\(time)ms"]
    case .blackout(let time), .deposedLeader(let time): return ["for=\(time)ms"]
    case .diskStrike(let server, let operations, let losesPower, let time):
      return [
        "server=\(server + 1)", "after=\(operations)", "power=\(losesPower ? "lost" : "kept")",
        "for=\(time)ms",
      ]
    case .split(let hosts, _, let time):
      return ["hosts=\(hosts.map { host($0) }.joined(separator: ","))", "for=\(time)ms"]
    case .block(let from, let to, let time), .clog(let from, let to, let time):
      return ["from=\(host(from))", "to=\(host(to))", "for=\(time)ms"]
    case .breakConnections(let number): return ["host=\(host(number))"]
    case .slowDisk(let server, let factor, let time):
      return ["server=\(server + 1)", "factor=\(factor)", "for=\(time)ms"]
    case .fullDisk(let server, let bytes, let time):
      return ["server=\(server + 1)", "bytes=\(bytes)", "for=\(time)ms"]
    case .syncError(let server): return ["server=\(server + 1)"]
    case .wallStep(let server, let time): return ["server=\(server + 1)", "by=\(time)ms"]
    case .drift(let server, let rate): return ["server=\(server + 1)", "ppm=\(rate)"]
    case .reconfigure(let voters, let observers):
      func list(_ name: String, _ hosts: [Int]) -> [String] {
        hosts.isEmpty ? [] : ["\(name)=\(hosts.map { host($0) }.joined(separator: ","))"]
      }
      return list("voters", voters) + list("observers", observers)
    }
  }
}
