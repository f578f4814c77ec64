import Consistency
import Experiments
import OperationHistory
import Report

/// Rows of cells, the first column to the left and the others to the right.
struct TextTable {
  private var rows: [[String]] = []

  mutating func add(_ head: String, _ cells: [String]) { rows.append([head] + cells) }

  var text: String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.compactMap { column < $0.count ? $0[column].count : nil }.max() ?? 0
    }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let gap = String(repeating: " ", count: widths[column] - cell.count)
        line += column == 0 ? cell + gap : "  " + gap + cell
      }
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }
}

extension Exploration {
  /// The table for people.
  var text: String {
    headline + "\n" + table.text + "\n" + Self.legend
  }

  private var headline: String {
    var text = wording(options.voters, "server")
    if options.observers > 0 { text += ", \(wording(options.observers, "observer"))" }
    text +=
      " (\(options.latency.rawValue)), \(grouped(options.reads)) reads and \(grouped(options.writes)) writes"
    text += " a second for "
    text += "\(wording(seconds: Double(options.milliseconds) / 1_000)), "
    text += "\(wording(options.pauses, "pause")), \(wording(options.splits, "split")), "
    return text + "seed \(options.seed)\n"
  }

  private var table: TextTable {
    var table = TextTable()
    func add(_ name: String, _ cell: (ReadWayReport) -> String) {
      table.add(name, reports.map(cell))
    }
    func milliseconds(_ nanoseconds: Int64) -> String {
      decimal(Double(nanoseconds) / 1e6)
    }
    add("") { $0.way.rawValue }
    add("reads") { grouped($0.staleness.reads) }
    add("lagging views") { grouped($0.staleness.laggingViews) }
    add("stale reads") { grouped($0.staleness.staleReads) }
    add("  share") { percent($0.staleness.staleReads, of: $0.staleness.reads) }
    add("  versions missed, p50") { grouped(Int($0.staleness.versions.p50)) }
    add("  versions missed, p99") { grouped(Int($0.staleness.versions.p99)) }
    add("  versions missed, most") { grouped(Int($0.staleness.versions.max)) }
    add("  age in ms, p50") { milliseconds($0.staleness.nanoseconds.p50) }
    add("  age in ms, p99") { milliseconds($0.staleness.nanoseconds.p99) }
    add("  age in ms, most") { milliseconds($0.staleness.nanoseconds.max) }
    let servers = Set(reports.flatMap { $0.servers.map(\.server) }).sorted()
    for server in servers {
      add("  stale at server \(server)") { report in
        guard let own = report.servers.first(where: { $0.server == server }) else { return "-" }
        return "\(grouped(own.staleness.staleReads)) of \(grouped(own.staleness.reads))"
      }
    }
    add("read latency in ms, p50") { milliseconds($0.readLatency.p50) }
    add("read latency in ms, p99") { milliseconds($0.readLatency.p99) }
    add("write latency in ms, p50") { milliseconds($0.writeLatency.p50) }
    add("write latency in ms, p99") { milliseconds($0.writeLatency.p99) }
    add("answered a second") { grouped($0.throughput) }
    add("lost or refused") { grouped($0.lost) }
    add("what held") { $0.held.words }
    return table
  }

  private static let legend = """
    A lagging view is older than the last write that was acknowledged before the read was called; a
    stale read missed a change of what it read, too. A sync makes a server catch up with the leader;
    a quorum sync also proves that the leader still leads (ZOOKEEPER-1675).

    """

  /// How staleness is distributed.
  var chart: DistributionChart {
    DistributionChart(
      title: "How old stale reads are", subtitle: String(headline.dropLast()),
      events: "reads",
      series: reports.map {
        .init(name: $0.way.rawValue, count: $0.staleness.reads, nanoseconds: $0.ages)
      })
  }

  /// A line a way for programs.
  var json: String {
    reports.map { report in
      var fields: [Value.Field] = []
      func add(_ name: String, _ value: Value) { fields.append(.init(.string(name), value)) }
      add("way", .string(report.way.rawValue))
      add("reads", .integer(Int64(report.staleness.reads)))
      add("lagging_views", .integer(Int64(report.staleness.laggingViews)))
      add("stale_reads", .integer(Int64(report.staleness.staleReads)))
      add("versions", report.staleness.versions.json)
      add("age_ns", report.staleness.nanoseconds.json)
      add("read_latency_ns", report.readLatency.json)
      add("write_latency_ns", report.writeLatency.json)
      add("answered_per_second", .integer(Int64(report.throughput)))
      add("lost", .integer(Int64(report.lost)))
      add("held", .string(report.held.rawValue))
      add(
        "servers",
        .list(
          report.servers.map { server, staleness in
            .map([
              .init(.string("server"), .integer(Int64(server))),
              .init(.string("reads"), .integer(Int64(staleness.reads))),
              .init(.string("stale_reads"), .integer(Int64(staleness.staleReads))),
              .init(.string("age_ns"), staleness.nanoseconds.json),
            ])
          }))
      return SimulationText.line(fields)
    }.joined()
  }
}

extension StalenessSummary.Distribution {
  fileprivate var json: Value {
    .map([
      .init(.string("p50"), .integer(p50)), .init(.string("p99"), .integer(p99)),
      .init(.string("max"), .integer(max)),
    ])
  }
}

extension HeldGuarantee {
  /// Short enough for a column.
  fileprivate var words: String {
    switch self {
    case .linearizable: "linearizable"
    case .linearizableAfterSync: "from sync on"
    case .linearizableWrites: "writes only"
    case .nothing: "NOTHING"
    }
  }
}

/// `1.3 %`; `0 %` only for none.
private func percent(_ part: Int, of whole: Int) -> String {
  guard part > 0, whole > 0 else { return "0 %" }
  return "\(decimal(max(0.01, Double(part) * 100 / Double(whole)))) %"
}

/// A number with two decimals below ten, one below a hundred.
func decimal(_ number: Double) -> String {
  guard number != 0 else { return "0" }
  let digits = number < 10 ? 100.0 : number < 100 ? 10.0 : 1.0
  let scaled = Int((number * digits).rounded())
  guard digits > 1 else { return grouped(scaled) }
  let unit = Int(digits)
  let fraction = String(scaled % unit + unit).dropFirst()
  return "\(scaled / unit).\(fraction)"
}
