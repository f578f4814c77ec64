import Experiments
import Glibc
import LinnaeusBase
import Simulator
import Workload

/// `benchmarks simulate`: how much a processor gets through of simulated ensembles.
struct SimulateBenchmark {
  private var operations = 500_000
  private var seeds = 3_000
  private var table = TargetTable()

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--operations": operations = try positiveCount(rest.popFirst())
      case "--seeds": seeds = try positiveCount(rest.popFirst())
      default: throw BenchmarkError(message: "unknown argument '\(argument)'")
      }
    }
    try refuseDebugBuild()
  }

  /// Prints the table; 1 if any target is missed.
  mutating func run() -> Int32 {
    table.begin()
    measureThroughput()
    measureSeeds()
    return table.isMet ? 0 : 1
  }

  /// Five servers, ten clients, half reads, half sets of 100 bytes among 100 znodes; no faults.
  ///
  /// One thread, with all oracles, and the history recorded.
  private mutating func measureThroughput() {
    var options = SimulationOptions(seed: 1)
    options.voters = 5
    options.operations = operations
    options.safetyNanoseconds = .max / 2
    options.workload.clients = 10
    options.workload.keys = 100
    options.workload.valueSize = 100
    options.workload.mix = .readsAndWrites
    let start = ContinuousClock.now
    var simulation = Simulation(options)
    let result = simulation.run()
    let time = seconds(since: start)
    let rate = Double(result.counters[.completedOperations]) / time
    if !result.violations.isEmpty { table.fail("\(result.violations)") }
    table.row(
      "operations of clients a second, one core (\(result.counters[.completedOperations]) of them)",
      rate, "1/s", atLeast: 100_000)
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    table.row(
      "peak resident memory after that, \(result.history.count >> 20) MB of history included",
      Double(usage.ru_maxrss) / 1024, "MB")
  }

  /// Runs of 500 operations with faults, as `linnaeus simulate --seeds` does them.
  private mutating func measureSeeds() {
    let plan = RunPlan(seed: 0, frame: .campaigns)
    let cores = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    var campaign = Campaign(seeds: 1...UInt64(seeds))
    campaign.jobs = cores
    campaign.keepsGoing = true
    let start = ContinuousClock.now
    campaign.run({ plan.with(seed: $0).run() }, deliver: { _ in true })
    let rate = Double(seeds) / seconds(since: start) * 60
    table.row(
      "seeds of 500 operations with faults a minute, \(cores) cores", rate, "1/min",
      atLeast: 5_000)
  }
}
