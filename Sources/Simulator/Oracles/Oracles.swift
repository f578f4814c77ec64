import LinnaeusBase
import Replica

/// What must hold at every step, watched as cheaply as it can be: each transaction that a server
/// applies is looked up in the list of what was applied first, at the place where that server is.
struct Oracles {
  /// What is committed, in order, filled by whoever applies first.
  private(set) var committed: [AppliedMark] = []
  /// By server, how many of them it has applied.
  private var cursors: [Int]
  /// By server, the state that it came to by other means, until it applies what follows.
  private var restored: [Zxid?]
  /// By session, the number of its last request that was done; looked up, never walked.
  private var lastXids: [Int64: Int32] = [:]
  /// Who led first in which epoch.
  private var leaders: [(epoch: UInt32, server: Int32)] = []
  /// Promises that nobody can be asked to keep any more.
  var excused: Set<Violation.Promise> = []
  /// What was broken.
  private(set) var violations: [Violation] = []

  init(servers: Int) {
    cursors = Array(repeating: 0, count: servers)
    restored = Array(repeating: nil, count: servers)
  }

  /// The last transaction that anybody has applied.
  var lastCommitted: Zxid { committed.last?.zxid ?? .zero }

  mutating func report(
    _ promise: Violation.Promise, time: Int64, _ message: String
  ) {
    // A run that is broken is broken; more would only repeat it.
    guard violations.count < 16, !excused.contains(promise) else { return }
    violations.append(Violation(promise, time: time, message))
  }

  /// How many committed transactions come up to that zxid, in O(log n).
  private func count(upTo zxid: Zxid) -> Int {
    var (low, high) = (0, committed.count)
    while low < high {
      let middle = (low + high) / 2
      if committed[middle].zxid <= zxid { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Whether that transaction is committed.
  func isCommitted(_ zxid: Zxid) -> Bool {
    // Mostly one of the last ones is asked for.
    var index = committed.count - 1
    let end = max(-1, index - 8)
    while index > end {
      if committed[index].zxid == zxid { return true }
      if committed[index].zxid < zxid { return false }
      index -= 1
    }
    let place = count(upTo: zxid)
    return place > 0 && committed[place - 1].zxid == zxid
  }

  /// A server has applied a transaction.
  mutating func applied(_ mark: AppliedMark, by server: Int, time: Int64) {
    if let zxid = restored[server] {
      // Meanwhile it may have become known that all of that was committed.
      cursors[server] = count(upTo: zxid)
      restored[server] = nil
    }
    let place = cursors[server]
    if place == committed.count {
      if mark.zxid > lastCommitted {
        watchOrder(mark, time: time)
        committed.append(mark)
        cursors[server] = place + 1
      } else {
        report(
          .samePrefix, time: time,
          "server \(server + 1) applies \(mark.zxid) after \(lastCommitted)")
      }
      return
    }
    compare(mark, at: place, of: server, time: time)
    cursors[server] = place + 1
  }

  private mutating func watchOrder(_ mark: AppliedMark, time: Int64) {
    // A multi that was refused stands in the log like one that was not, and changes nothing.
    guard mark.xid > 0, mark.digest != committed.last?.digest else { return }
    if let last = lastXids[mark.session], mark.xid <= last {
      report(
        .sessionOrder, time: time,
        "\(mark.zxid) does request \(mark.xid) of session "
          + "0x\(String(UInt64(bitPattern: mark.session), radix: 16)) after request \(last)")
    }
    lastXids[mark.session] = mark.xid
  }

  private mutating func compare(_ mark: AppliedMark, at place: Int, of server: Int, time: Int64) {
    let first = committed[place]
    if first.zxid != mark.zxid {
      report(
        .samePrefix, time: time,
        "server \(server + 1) applies \(mark.zxid) where \(first.zxid) is committed")
    } else if first.checksum != mark.checksum {
      report(
        .samePrefix, time: time,
        "server \(server + 1) applies another transaction as \(mark.zxid) than was committed")
    } else if first.digest != mark.digest {
      report(
        .sameDigest, time: time,
        "the tree of server \(server + 1) differs after \(mark.zxid) from others'")
    }
  }

  /// A server's state is that after a zxid, by recovery or a snapshot.
  mutating func restored(_ server: Int, to zxid: Zxid, digest: UInt64, time: Int64) {
    restored[server] = zxid
    let place = count(upTo: zxid)
    guard place > 0, committed[place - 1].zxid == zxid else { return }
    if committed[place - 1].digest != digest {
      report(
        .sameDigest, time: time,
        "the tree of server \(server + 1) differs after its return to \(zxid) from others'")
    }
  }

  /// What a server recovered counts as committed from now on, as if it had just applied it.
  mutating func recoveredIsCommitted(_ marks: [AppliedMark], by server: Int, time: Int64) {
    guard let first = marks.first else { return }
    restored[server] = nil
    cursors[server] = count(upTo: Zxid(rawValue: first.zxid.rawValue - 1))
    for mark in marks { applied(mark, by: server, time: time) }
  }

  /// A server serves with a state of its own choice: a leader, or one alone.
  mutating func leads(_ server: Int, epoch: UInt32, lastZxid: Zxid, time: Int64) {
    if let other = leaders.last(where: { $0.epoch == epoch }) {
      if other.server != Int32(server) {
        report(
          .oneLeader, time: time,
          "servers \(other.server + 1) and \(server + 1) both lead in epoch \(epoch)")
      }
    } else {
      leaders.append((epoch, Int32(server)))
    }
    // A quorum may have followed it and, before it hears of that, a leader of a later epoch: then it
    // leads, for a while, without what that one commits, and commits nothing itself.
    let earlier = count(upTo: Zxid(epoch: epoch, counter: 0))
    serves(server, lastZxid, with: earlier > 0 ? committed[earlier - 1].zxid : .zero, time: time)
  }

  /// A server serves alone: it must have everything that is committed.
  mutating func serves(_ server: Int, lastZxid: Zxid, time: Int64) {
    serves(server, lastZxid, with: lastCommitted, time: time)
  }

  private mutating func serves(
    _ server: Int, _ lastZxid: Zxid, with committed: Zxid, time: Int64
  ) {
    guard lastZxid < committed else { return }
    report(
      .nothingLost, time: time,
      "server \(server + 1) serves with \(lastZxid), but \(committed) is committed")
  }

  /// A client was answered.
  mutating func answered(_ zxid: Zxid, isWrite: Bool, time: Int64) {
    if isWrite {
      if !isCommitted(zxid) {
        report(.acknowledged, time: time, "\(zxid) is acknowledged and nobody has applied it")
      }
    } else if zxid > lastCommitted {
      report(.noFuture, time: time, "a read shows \(zxid), and \(lastCommitted) is the last")
    }
  }
}
