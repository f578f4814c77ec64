import Consistency
import Dispatch
import Linearizability
import OperationHistory
import Simulator
import Synchronization

/// What reads in one way have shown.
public struct ReadWayReport: Sendable {
  /// The way.
  public var way: ReadWay
  /// How stale all its reads were.
  public var staleness: StalenessSummary
  /// How stale they were by server, ascending.
  public var servers: [(server: Int32, staleness: StalenessSummary)]
  /// Of each read that was stale, how long ago at least what it missed had been acknowledged, in
  /// nanoseconds, ascending.
  public var ages: [Int64]
  /// How long reads took, what came before them included, in nanoseconds.
  public var readLatency: StalenessSummary.Distribution
  /// How long writes took.
  public var writeLatency: StalenessSummary.Distribution
  /// How many reads and writes were answered in a second of virtual time.
  public var throughput: Int
  /// How many requests were lost or refused.
  public var lost: Int
  /// The strongest that held.
  public var held: HeldGuarantee
  /// The promises that the run broke; none, unless there is a mistake.
  public var findings: [Finding]
}

/// What held of the reads and writes of a run, from strong to weak.
public enum HeldGuarantee: String, Hashable, Sendable {
  /// Reads and writes take effect in one order that agrees with real time.
  case linearizable
  /// Writes do, and no read goes back to before a `sync` of its session.
  case linearizableAfterSync = "linearizable from sync"
  /// Writes do; reads may be stale.
  case linearizableWrites = "linearizable writes"
  /// Not even writes do.
  case nothing
}

/// Reads in all four ways, in the same weather.
public struct Exploration: Sendable {
  /// How it was set up.
  public var options: ExploreOptions
  /// What each way has shown.
  public var reports: [ReadWayReport]

  /// Runs all four, several at a time.
  ///
  /// - Throws: `HistoryError` if a run's history cannot be read, a mistake of ours.
  public init(_ options: ExploreOptions, jobs: Int) throws(HistoryError) {
    self.options = options
    let ways = ReadWay.allCases
    let results = Mutex(
      [Result<ReadWayReport, HistoryError>?](repeating: nil, count: ways.count))
    let cursor = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: max(1, min(jobs, ways.count))) { _ in
      while true {
        let index = cursor.add(1, ordering: .relaxed).oldValue
        guard index < ways.count else { return }
        let result = Result { () throws(HistoryError) in
          try ReadWayReport(ways[index], options)
        }
        results.withLock { $0[index] = result }
      }
    }
    reports = []
    for result in results.withLock({ $0 }) {
      if let result { reports.append(try result.get()) }
    }
  }
}

extension ReadWayReport {
  /// Runs one way.
  init(_ way: ReadWay, _ options: ExploreOptions) throws(HistoryError) {
    var simulation = Simulation(options.simulation(way))
    let result = simulation.run()
    let history = try History(native: result.history)
    let report = try StalenessReport(history)
    self.way = way
    staleness = report.summary()
    servers = Set(report.reads.map(\.server)).sorted().map { server in
      (server, report.summary { $0.server == server })
    }
    ages = report.reads.filter(\.isStale).map(\.nanoseconds).sorted()
    let times = OperationTimes(history)
    readLatency = .init(times.reads)
    writeLatency = .init(times.writes)
    throughput = (times.reads.count + times.writes.count) * 1_000 / options.milliseconds
    lost = times.lost
    held = try HeldGuarantee(history, staleReads: staleness.staleReads)
    findings = result.violations.map { Finding($0) }
  }
}

/// How long the operations of a history took, in nanoseconds.
struct OperationTimes {
  private(set) var reads: [Int64] = []
  private(set) var writes: [Int64] = []
  private(set) var lost = 0

  init(_ history: History) {
    for operation in history.operations {
      let function = history.functions[Int(operation.function.raw)]
      guard function == "getData" || function == "setData" else { continue }
      guard operation.outcome == .ok, operation.error == .absent else {
        lost += 1
        continue
      }
      let time = operation.completionTime - operation.invocationTime
      if function == "getData" { reads.append(time) } else { writes.append(time) }
    }
  }
}

extension HeldGuarantee {
  /// Decides it, znode by znode.
  init(_ history: History, staleReads: Int) throws(HistoryError) {
    func holds(_ reads: ReadSelection) throws(HistoryError) -> Bool {
      let projection = try ZnodeProjection(history, reads: reads)
      var options = CheckOptions()
      options.parallelism = 1
      return checkLinearizability(projection.compiled, options: options).verdict == .holds
    }
    if staleReads == 0, try holds(.all) {
      self = .linearizable
    } else if try holds(.synced) {
      let hasSyncs = history.functions.contains { $0 == "sync" }
      self = hasSyncs ? .linearizableAfterSync : .linearizableWrites
    } else {
      self = try holds(.leader) ? .linearizableWrites : .nothing
    }
  }
}
