import LinnaeusBase
import OperationHistory
import Workload

/// Tells in the history which server led when, for whoever judges reads at the leader.
///
/// A server alone leads from when it serves; its epoch counts its processes.
extension Simulation {
  mutating func beginReign(_ server: Int, epoch: Int64) {
    servers[server].leadsEpoch = epoch
    tell("leads", server)
  }

  mutating func endReign(_ server: Int) {
    guard servers[server].leadsEpoch != 0 else { return }
    tell("stopsLeading", server)
    servers[server].leadsEpoch = 0
  }

  private mutating func tell(_ what: String, _ server: Int) {
    record.history.nemesis(
      what,
      .map([
        .init(.string("server"), .integer(Int64(server + 1))),
        .init(.string("epoch"), .integer(servers[server].leadsEpoch)),
      ]), now: Instant(nanoseconds: now))
  }
}
