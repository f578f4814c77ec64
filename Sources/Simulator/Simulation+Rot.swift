import LinnaeusBase
import Replica
import Storage
import Tree

/// Damage of what is durable. No ensemble survives all of it (it is outside the atlas), so what is
/// judged is whether it is noticed.
extension Simulation {
  /// A bit of what is durable on a server changes while its process is down.
  ///
  /// What the server recovers must be what it would have recovered before, or be refused, or come
  /// with a warning. In the last case what was acknowledged may be lost, for a damaged last
  /// transaction looks like one that was being written: from then on only damage is judged.
  mutating func rot(_ server: Int, restartAfter delay: Int64) {
    crash(server, losesPower: false, restartAfter: delay)
    // Of a server that could not be started before nothing can be told.
    guard !servers[server].isUp, let before = try? servers[server].recover(through: nil),
      servers[server].disk.rot()
    else { return }
    counters[.rots] += 1
    guard let after = try? servers[server].recover(through: nil) else {
      counters[.refusedRots] += 1
      oracles.excused.formUnion([.recovery, .convergence])
      return
    }
    let (old, new) = (before.state, after.state)
    let isSame =
      new.lastZxid == old.lastZxid
      && after.sink.recovering.tree.digest == before.sink.recovering.tree.digest
    if isSame, new.acceptedEpoch == old.acceptedEpoch, new.currentEpoch == old.currentEpoch {
      counters[.harmlessRots] += 1
      return
    }
    counters[.costlyRots] += 1
    oracles.excused.formUnion(Violation.Promise.allCases.filter { $0 != .damage })
    // The files of epochs hold a number in digits, as Apache's do, and no checksum.
    let warns = new.warnings != old.warnings && !options.mutants.contains(.hidesWarnings)
    guard !isSame, !warns, !after.sink.recovering.differsFromDigest else {
      return
    }
    oracles.report(
      .damage, time: now,
      "server \(server + 1) recovers \(new.lastZxid) where it would have recovered "
        + "\(old.lastZxid), and does not tell")
  }
}
