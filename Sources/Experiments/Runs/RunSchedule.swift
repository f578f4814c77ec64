import Simulator
import Workload

/// What is left of a run once it was minimised: its size, and what goes wrong in it.
///
/// It takes the place of what the seed draws; everything else still follows from the seed.
public struct RunSchedule: Hashable, Sendable {
  /// How many servers vote.
  public var voters: Int
  /// How many servers only learn.
  public var observers: Int
  /// How many clients there are.
  public var clients: Int
  /// After so many completed operations the faults are over.
  public var operations: Int
  /// What goes wrong, in ascending order of time.
  public var faults: [ScheduledFault]

  /// All that a run's options say of it.
  public init(_ options: SimulationOptions) {
    voters = options.voters
    observers = options.observers
    clients = options.clients
    operations = options.operations
    faults = options.schedule
  }

  /// How many servers there are.
  public var servers: Int { voters + observers }

  /// Replaces what a seed has drawn.
  public func apply(to options: inout SimulationOptions) {
    options.voters = voters
    options.observers = observers
    options.workload.clients = clients
    options.operations = operations
    options.schedule = faults
  }

  /// The same with fewer servers or clients: faults that strike only those that are gone, go too.
  func resized(voters: Int? = nil, observers: Int? = nil, clients: Int? = nil) -> RunSchedule {
    var resized = self
    resized.voters = voters ?? self.voters
    resized.observers = observers ?? self.observers
    resized.clients = clients ?? self.clients
    let renumbering = HostRenumbering(from: self, to: resized)
    resized.faults = faults.compactMap { scheduled in
      scheduled.fault.renumbered(renumbering).map {
        ScheduledFault(time: scheduled.time, fault: $0)
      }
    }
    return resized
  }
}

/// Hosts are numbered servers first, so that a client's number changes with the number of servers.
struct HostRenumbering {
  private let oldServers: Int
  private let new: RunSchedule

  init(from old: RunSchedule, to new: RunSchedule) {
    oldServers = old.servers
    self.new = new
  }

  func server(_ number: Int) -> Int? { number < new.servers ? number : nil }

  func host(_ number: Int) -> Int? {
    guard number >= oldServers else { return server(number) }
    let client = number - oldServers
    return client < new.clients ? new.servers + client : nil
  }
}

extension Fault {
  /// The fault where hosts have other numbers; nil if nobody is left whom it strikes.
  func renumbered(_ hosts: HostRenumbering) -> Fault? {
    switch self {
    case .blackout, .deposedLeader: return self
    case .split(let some, let isOneWay, let time):
      let left = some.compactMap { hosts.host($0) }
      return left.isEmpty ? nil : .split(hosts: left, isOneWay: isOneWay, milliseconds: time)
    case .block(let from, let to, let time):
      guard let from = hosts.host(from), let to = hosts.host(to) else { return nil }
      return .block(from: from, to: to, milliseconds: time)
    case .clog(let from, let to, let time):
      guard let from = hosts.host(from), let to = hosts.host(to) else { return nil }
      return .clog(from: from, to: to, milliseconds: time)
    case .reconfigure(let voters, let observers):
      let left = voters.compactMap { hosts.server($0) }
      return left.isEmpty
        ? nil
        : .reconfigure(voters: left, observers: observers.compactMap { hosts.server($0) })
    case .breakConnections(let host):
      return hosts.host(host).map { .breakConnections(host: $0) }
    case .crash(let server, _, _), .diskStrike(let server, _, _, _), .pause(let server, _),
      .slowDisk(let server, _, _), .fullDisk(let server, _, _), .syncError(let server),
      .wallStep(let server, _), .drift(let server, _), .rot(let server, _):
      // A server that stays keeps its number.
      return hosts.server(server) == nil ? nil : self
    }
  }
}
