import Workload

/// What some of a run's clients do in place of the run's own mix and pace.
public struct ClientRole: Hashable, Sendable {
  /// How many clients do it.
  public var clients: Int
  /// How often they choose each activity.
  public var mix: WorkloadMix
  /// When they start their next step.
  public var arrivals: Arrivals
  /// Which servers they go to.
  public var placement = Placement.anyServer
  /// Which servers take them.
  public var takers = Takers.all

  /// Which servers take a client that connects.
  public enum Takers: Hashable, Sendable {
    /// All.
    case all
    /// Only one that leads.
    case leaders
    /// Only one that does not lead.
    case learners
  }

  /// Takes all but where they go, which is anywhere.
  public init(clients: Int, mix: WorkloadMix, arrivals: Arrivals) {
    self.clients = clients
    self.mix = mix
    self.arrivals = arrivals
  }
}

extension SimulationOptions {
  /// The role of a client; nil if it has none of its own.
  public func role(of client: Int) -> ClientRole? {
    var first = 0
    for role in roles {
      if client < first + role.clients { return role }
      first += role.clients
    }
    return nil
  }

  /// What a client does.
  func workload(of client: Int) -> WorkloadOptions {
    var workload = workload
    if let role = role(of: client) {
      workload.mix = role.mix
      workload.arrivals = role.arrivals
      workload.placement = role.placement
    }
    return workload
  }
}
