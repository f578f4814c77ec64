import Experiments
import Glibc
import LinnaeusBase
import Simulator
import Workload

/// `benchmarks simulate`: how much a processor gets through of simulated ensembles.
struct SimulateBenchmark {
  private var operations = 500_000
  private var seeds = 3_000
  private var isMet = true

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    func number(_ text: String?) throws -> Int {
      guard let text, let value = Int(text), value > 0 else {
        throw BenchmarkError(message: "'\(text ?? "")' is no positive number")
      }
      return value
    }
    while let argument = rest.popFirst() {
      switch argument {
      case "--operations": operations = try number(rest.popFirst())
      case "--seeds": seeds = try number(rest.popFirst())
      default: throw BenchmarkError(message: "unknown argument '\(argument)'")
      }
    }
    #if DEBUG
      throw BenchmarkError(message: "a debug build measures nothing; use -c release")
    #endif
  }

  /// Prints the table; 1 if any target is missed.
  mutating func run() -> Int32 {
    print("| figure | measured | target | |\n|---|---|---|---|")
    measureThroughput()
    measureSeeds()
    return isMet ? 0 : 1
  }

  private mutating func row(
    _ what: String, _ value: Double, _ unit: String, _ isGood: Bool, _ target: String
  ) {
    if !isGood { isMet = false }
    let shown = value >= 1000 ? "\(Int(value))" : "\((value * 100).rounded() / 100)"
    print("| \(what) | \(shown) \(unit) | \(target) \(unit) | \(isGood ? "met" : "MISSED") |")
    fflush(nil)
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
    if !result.violations.isEmpty { isMet = false; print("\(result.violations)") }
    row(
      "operations of clients a second, one core (\(result.counters[.completedOperations]) of them)",
      rate, "1/s", rate >= 100_000, "100000")
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    row(
      "peak resident memory after that, \(result.history.count >> 20) MB of history included",
      Double(usage.ru_maxrss) / 1024, "MB", true, "–")
  }

  /// Runs of 500 operations with faults, as `linnaeus simulate --seeds` does them.
  private mutating func measureSeeds() {
    var frame = SimulationOptions.Frame.ensembles
    frame.voters += [1]
    let plan = RunPlan(seed: 0, frame: frame)
    let cores = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    var campaign = Campaign(seeds: 1...UInt64(seeds))
    campaign.jobs = cores
    campaign.keepsGoing = true
    let start = ContinuousClock.now
    campaign.run({ plan.with(seed: $0).run() }, deliver: { _ in true })
    let rate = Double(seeds) / seconds(since: start) * 60
    row(
      "seeds of 500 operations with faults a minute, \(cores) cores", rate, "1/min", rate >= 5_000,
      "5000")
  }

  private func seconds(since start: ContinuousClock.Instant) -> Double {
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}
