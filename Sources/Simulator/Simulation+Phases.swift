import LinnaeusBase
import OperationHistory
import Replica
import Tree
import Workload

/// When a run goes from one phase to the next: things go wrong; everything is mended and clients must
/// make progress; clients stop and servers must agree.
extension Simulation {
  /// How often somebody looks.
  var supervisionInterval: Int64 {
    min(100_000_000, max(1_000_000, options.safetyNanoseconds / 200))
  }

  /// So many operations must each client complete once everything is mended.
  private static let progressAfterHealing = 3

  mutating func supervise() {
    switch phase {
    case .safety:
      if now >= phaseEnds || counters[.completedOperations] >= options.operations {
        phase = .recovery
        record.history.nemesis("heal", .null, now: Instant(nanoseconds: now))
        phaseEnds = now + options.livenessNanoseconds
        for client in clients.indices {
          progress[client] = 0
          clients[client].noteHealing()
        }
        heal()
      }
    case .recovery:
      if isProgressing {
        phase = .settling
        stopClients()
        phaseEnds = now + options.livenessNanoseconds
      } else if now >= phaseEnds {
        let waiting = clients.filter(\.isHangingOn).map { $0.index + 1 }
        report(
          notConverging: "clients have completed \(progress) operations since"
            + (waiting.isEmpty ? "" : ", and the recipes of clients \(waiting) have not ended"))
      }
    case .settling:
      if let reason = disagreement {
        if now >= phaseEnds { report(notConverging: reason) }
      } else {
        watchEphemerals()
        phase = .done
      }
    case .done: return
    }
    guard phase != .done else { return }
    // Pings go by ticks: who looks at a multiple of that sees one on its way every time.
    let interval = phase == .settling ? supervisionInterval * 618 / 1000 : supervisionInterval
    queue.schedule(.supervision, at: now + interval)
  }

  private mutating func report(notConverging reason: String) {
    phase = .done
    oracles.report(
      .convergence, time: now,
      "\(options.livenessNanoseconds / 1_000_000) ms after everything was mended, \(reason)")
  }

  private var isProgressing: Bool {
    if options.script != nil { return clients.allSatisfy(\.hasDoneAll) }
    guard counters[.completedOperations] >= min(options.operations, 200) else { return false }
    return progress.allSatisfy { $0 >= Self.progressAfterHealing }
      && !clients.contains(where: \.isHangingOn)
  }

  /// Without sessions there are no ephemeral znodes.
  private mutating func watchEphemerals() {
    for server in servers {
      guard let owned = server.replica.tree.ephemeralsBySession.first else { continue }
      oracles.report(
        .ephemerals, time: now,
        "server \(server.index + 1) keeps \(owned.paths.count) of session "
          + "0x\(String(UInt64(bitPattern: owned.session), radix: 16)), which has ended")
    }
  }

  /// Why servers do not agree yet; nil if they do.
  private var disagreement: String? {
    for client in clients where !client.process.isFinished {
      return "client \(client.index + 1) has not finished"
    }
    for server in servers {
      let number = server.index + 1
      guard server.acceptsClients else {
        return "server \(number) does not serve\(server.refusal.map { ": \($0)" } ?? "")"
      }
      guard server.disk.isIdle, server.inbox.isEmpty else { return "server \(number) is busy" }
      guard server.lastZxid == oracles.lastCommitted else {
        return "server \(number) is at \(server.lastZxid), "
          + "others at \(oracles.lastCommitted)"
      }
      if let session = server.replica.tree.sessions.first?.session {
        return "session 0x\(String(UInt64(bitPattern: session), radix: 16)) has not ended"
      }
    }
    return nil
  }
}
