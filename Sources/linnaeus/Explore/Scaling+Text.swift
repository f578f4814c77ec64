import Experiments
import OperationHistory
import Report

extension Scaling {
  /// The table for people.
  var text: String {
    var table = TextTable()
    table.add("servers", ["writes a second", "reads at any server", "reads at the leader"])
    for row in rows {
      table.add(
        "\(row.servers)",
        [grouped(row.writes), grouped(row.readsAnywhere), grouped(row.readsAtLeader)])
    }
    let prices = Self.prices
    return table.text + """

      Counted in one second of virtual time, with \(Self.clients) clients that never pause. A message
      that comes costs a server \(prices.input / 1_000) µs, a connection that it writes to \(prices.output / 1_000) µs, a kilobyte \(prices.kilobyte / 1_000) µs,
      a turn of its loop \(prices.turn / 1_000) µs, and a sync of its disk \(prices.sync / 1_000) µs.

      """
  }

  /// A line a size for programs.
  var json: String {
    rows.map { row in
      SimulationText.line([
        .init(.string("servers"), .integer(Int64(row.servers))),
        .init(.string("writes_per_second"), .integer(Int64(row.writes))),
        .init(.string("reads_per_second"), .integer(Int64(row.readsAnywhere))),
        .init(.string("leader_reads_per_second"), .integer(Int64(row.readsAtLeader))),
      ])
    }.joined()
  }
}
