import ClientSession
import LinnaeusBase
import Replica
import Simulator
import Workload
import Zab

/// A run that tells a story: a few clients, what each does when, what goes wrong, and what comes of it.
public struct Scenario: Sendable {
  /// What the command line calls it.
  public var name: String { script.name }
  /// What it shows, in a few words.
  public private(set) var summary: String
  /// What happens in it.
  public private(set) var script: Script
  /// How servers, clients and network are set up, and what goes wrong.
  private var setting: SimulationOptions

  /// All there are, those that belong together side by side.
  public static let all: [Scenario] =
    deposedLeaders + liveLeaders + returningSessions + outlivedLocks + resentWrites

  /// The scenario of that name.
  public init?(named name: String) {
    guard let scenario = Self.all.first(where: { $0.name == name }) else { return nil }
    self = scenario
  }

  /// Runs it; its history begins with its story.
  public func run() -> SimulationResult {
    var simulation = Simulation(options)
    return simulation.run()
  }

  private var options: SimulationOptions {
    var options = setting
    options.script = script
    return options
  }

  /// A scenario in which nothing happens yet: three servers, of which 3 leads first, and clients, each
  /// of which goes to the servers that are listed for it, in that order.
  ///
  /// A server that is silent for a second is given up. Messages take 0.2 ms.
  init(_ name: String, _ summary: String, servers: [[Int64]], story: String) {
    self.summary = summary
    script = Script(name: name, story: story)
    setting = SimulationOptions(seed: 1)
    setting.voters = 3
    setting.operations = 1_000_000
    setting.safetyNanoseconds = 8_000_000_000
    setting.zab.tickMilliseconds = 200
    setting.zab.syncLimit = 5
    setting.zab.finalizeWaitMilliseconds = 100
    setting.replica.tickMilliseconds = 200
    setting.network.delayNanoseconds = 200_000
    setting.network.jitterNanoseconds = 0
    setting.workload.clients = servers.count
    setting.workload.mix = WorkloadMix()
    setting.workload.preparesKeys = false
    setting.workload.session.timeoutMilliseconds = 4_000
    setting.workload.session.reconnectDelayMilliseconds = 50
    setting.roles = servers.map { servers in
      var role = ClientRole(
        clients: 1, mix: WorkloadMix(), arrivals: .closedLoop(thinkNanoseconds: 0))
      role.placement = .only(servers.map { ServerID(rawValue: $0) })
      return role
    }
  }

  /// The same with another name and another story, because something is different.
  func varied(
    _ name: String, _ summary: String, story: String, _ change: (inout SimulationOptions) -> Void
  ) -> Scenario {
    var scenario = self
    scenario.summary = summary
    (scenario.script.name, scenario.script.story) = (name, story)
    change(&scenario.setting)
    return scenario
  }

  /// Sets what goes wrong, and at which milliseconds; in ascending order.
  mutating func faults(_ faults: (milliseconds: Int, fault: Fault)...) {
    setting.schedule = faults.map {
      ScheduledFault(time: Int64($0.milliseconds) * 1_000_000, fault: $0.fault)
    }
  }

  /// Changes how it is set up.
  mutating func set(_ change: (inout SimulationOptions) -> Void) { change(&setting) }

  /// Switches a bug on.
  mutating func mutate(_ mutations: Mutations) { setting.mutations.formUnion(mutations) }

  /// Tells a client what to do from some millisecond on.
  mutating func at(_ milliseconds: Int, _ client: Int, _ actions: ClientAction...) {
    script.steps += actions.map {
      ScriptedStep(time: Int64(milliseconds) * 1_000_000, client: client, action: $0)
    }
  }
}

extension ClientAction {
  static func create(_ path: String, _ value: String) -> ClientAction {
    .request(
      .create(path: Array(path.utf8), data: Array(value.utf8), mode: .persistent, stat: true))
  }

  static func set(_ path: String, _ value: String) -> ClientAction {
    .request(.setData(path: Array(path.utf8), data: Array(value.utf8)))
  }

  static func get(_ path: String) -> ClientAction { .request(.getData(path: Array(path.utf8))) }

  static func sync(_ path: String) -> ClientAction { .request(.sync(path: Array(path.utf8))) }
}
