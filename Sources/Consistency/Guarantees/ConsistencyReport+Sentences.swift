import OperationHistory

extension ConsistencyReport {
  private var wording: Wording { Wording(columns: columns, zxids: zxids) }

  /// What a finding says, in a sentence that names the very operations.
  ///
  /// - Complexity: O(log n) in the number of requests.
  public func sentence(_ finding: Finding) -> String {
    switch finding.kind {
    case .missingZxid, .foreignTransaction, .sharedZxid, .zxidAgainstRealTime, .zxidAgainstSession,
      .sessionCameBack,
      .zxidFell, .zxidNotRaised, .behindHandshake, .doneAfterEnd, .resumedAfterEnd:
      zxidSentence(finding)
    case .disagreement, .neverWritten, .fromTheFuture, .lost, .torn, .outlivedSession, .wrongOwner:
      stateSentence(finding)
    case .readOfTheFuture, .staleRead, .staleAfterSync, .tooStale, .notConverged, .notRead:
      timeSentence(finding)
    case .watchLate, .watchLost, .watchWithoutCause, .watchBackwards: watchSentence(finding)
    }
  }

  // MARK: Zxids

  private func zxidSentence(_ finding: Finding) -> String {
    let words = wording
    let own = words.operation(finding.operation)
    let other = finding.other >= 0 ? words.operation(finding.other) : ""
    switch finding.kind {
    case .missingZxid:
      let more = finding.expected - 1
      return "\(own) was answered without a zxid"
        + (more > 0 ? ", and so \(more == 1 ? "was 1 other" : "were \(more) others")" : "")
        + ", so that its place in the order of transactions is not known."
    case .foreignTransaction:
      return "\(own) tells of transaction \(words.hexadecimal(finding.expected)) on"
        + " \(words.path(finding.path)), which no request of the file made: the file leaves some out,"
        + " and what looks wrong may follow from those."
    case .sharedZxid:
      return "\(own) was answered with the same zxid as \(other); each transaction has its own."
    case .zxidAgainstRealTime:
      return "\(own) was called after \(other) had been answered, yet its zxid is the smaller."
    case .zxidAgainstSession:
      return "\(own) was sent after \(other) in the same session, yet its zxid is the smaller."
    case .sessionCameBack:
      return "The session came back: \(other) was left behind without an answer and was done all"
        + " the same, after \(own), which the session sent later."
    case .zxidFell:
      let promise = sessionGuarantee(of: finding).map { ", against \($0.rawValue)" } ?? ""
      return "\(own) was answered in the same session after \(other), from an older state"
        + "\(promise)."
    case .zxidNotRaised:
      return "\(own) is a write, yet its zxid is no larger than that of \(other), which its"
        + " session was told before."
    case .behindHandshake:
      return "\(own) was answered from a state older than zxid"
        + " \(words.hexadecimal(finding.expected)), which its session had told the server in the handshake to have seen."
    case .resumedAfterEnd:
      return "After \(own) its session was resumed (line \(finding.recorded))."
    default:
      return "\(own) was done after \(other) had ended its session."
    }
  }

  // MARK: The state

  private func stateSentence(_ finding: Finding) -> String {
    let words = wording
    let own = words.operation(finding.operation)
    let other = words.operation(finding.other)
    let said = said(finding)
    switch finding.kind {
    case .neverWritten: return "\(own) \(said.recorded), which no write has made."
    case .fromTheFuture:
      return finding.other >= 0 && zxids[Int(finding.other)] > finding.zxid
        ? "\(own) \(said.recorded), which only \(other) makes, after the zxid of the reply."
        : "\(own) \(said.recorded), from after the zxid of the reply itself."
    case .lost:
      return "\(own) \(said.recorded), as if \(other) had never been, which was acknowledged and"
        + " comes before it; it should \(said.expected)."
    case .torn where finding.other < 0:
      return "\(own) \(said.recorded), though a multi is one transaction, here"
        + " \(words.hexadecimal(finding.zxid))."
    case .torn:
      let witness =
        finding.third == finding.operation
        ? "it shows another part of it" : "\(words.operation(finding.third)) saw another part of it"
      return "\(own) \(said.recorded), without a part of \(other), though \(witness)."
    case .outlivedSession:
      return "\(own) \(said.recorded), an ephemeral znode whose session \(other) had ended."
    default: break
    }
    var sentence = "\(own) \(said.recorded)"
    sentence += finding.kind == .wrongOwner ? ", and" : ", but at its zxid"
    sentence += " it should \(said.expected)"
    if finding.other >= 0 { sentence += "; before it came \(other)" }
    return sentence + "."
  }

  /// What a reply says of a znode, in the past, and what it should, as it follows "should".
  private func said(_ finding: Finding) -> (recorded: String, expected: String) {
    let words = wording
    let path = words.path(finding.path)
    func both(
      _ what: String, _ recorded: String, _ expected: String
    ) -> (recorded: String, expected: String) {
      ("told of \(what) \(recorded) of \(path)", "tell of \(expected)")
    }
    func zxid(_ name: String) -> (recorded: String, expected: String) {
      both(name, words.hexadecimal(finding.recorded), words.hexadecimal(finding.expected))
    }
    func count(_ name: String) -> (recorded: String, expected: String) {
      both(name, "\(finding.recorded)", "\(finding.expected)")
    }
    switch finding.field {
    case .existence:
      return finding.recorded == 1
        ? ("found \(path)", "not have found it") : ("did not find \(path)", "have found it")
    case .parent: return ("found \(path), the parent", "not have found it")
    case .parentOwner:
      return finding.recorded == 0
        ? ("was done below \(path)", "have been refused, since that is ephemeral")
        : ("was refused, as if \(path) were ephemeral", "not have been")
    case .children:
      return ("listed \(words.value(finding.recordedValue)) below \(path)", "list other children")
    case .value:
      return (
        "read \(words.value(finding.recordedValue)) at \(path)",
        "read \(words.value(finding.expectedValue))"
      )
    case .name:
      return (
        "created \(path), the sequential name with number \(finding.recorded)",
        "have got number \(finding.expected)"
      )
    case .version:
      return finding.general == .rightRefusals
        ? ("was refused for version \(finding.recorded) of \(path)", "have been done: that is it")
        : count("version")
    case .aversion:
      return finding.general == .rightRefusals
        ? ("was refused for aversion \(finding.recorded) of \(path)", "have been done: that is it")
        : count("aversion")
    case .numChildren where finding.general == .rightRefusals:
      return ("was refused because of children of \(path)", "have been done: there are none")
    case .numChildren: return count("numChildren")
    case .cversion: return count("cversion")
    case .dataLength: return count("dataLength")
    case .czxid: return zxid("czxid")
    case .mzxid: return zxid("mzxid")
    case .pzxid: return zxid("pzxid")
    case .ephemeralOwner: return zxid("ephemeralOwner")
    case .none: return ("was answered wrongly", "have been answered otherwise")
    }
  }

  // MARK: Real time

  private func timeSentence(_ finding: Finding) -> String {
    let words = wording
    let own = finding.operation >= 0 ? words.operation(finding.operation) : ""
    let other = words.operation(finding.other)
    switch finding.kind {
    case .readOfTheFuture:
      return "\(own) was answered before \(other) was called, yet saw it, or what came after it."
    case .staleRead:
      let change = words.operation(write(at: finding.expected))
      guard write(at: finding.expected) != finding.other else {
        return "\(own) was called after \(other) had been answered, and missed it."
      }
      return "\(own) missed \(change), though it was called after \(other) had been answered, which"
        + " comes later in the order of transactions."
    case .staleAfterSync:
      let sync = words.operation(finding.third)
      let change = words.operation(write(at: finding.expected))
      let told = write(at: finding.expected) == finding.other ? "" : " by \(other)"
      return "\(own), after \(sync) in its session, missed \(change), of which others had been"
        + " told\(told) before that sync was called; \(syncClass(finding).explanation)."
    case .tooStale:
      let plural = finding.recorded == 1 ? "" : "s"
      return "\(own) was \(finding.recorded) version\(plural) behind and at least"
        + " \(words.seconds(finding.expected)) s old."
    case .notConverged:
      return "\(own) came when all was quiet, and still missed"
        + " \(words.operation(write(at: finding.expected)))."
    default:
      return finding.recorded < 0
        ? "No line says when all was quiet (a line of the process nemesis whose f is quiet)."
        : "Server \(finding.recorded) was not read when all was quiet."
    }
  }

  /// The write that stands at a zxid; -1 for none that is recorded.
  func write(at zxid: Int64) -> Int32 {
    let place = order.partitioningIndex { zxids[Int($0)] >= zxid }
    guard place < order.count, zxids[Int(order[place])] == zxid,
      columns.kinds[Int(order[place])].isWrite
    else { return -1 }
    return order[place]
  }

  // MARK: Watches

  private func watchSentence(_ finding: Finding) -> String {
    let words = wording
    let path = words.path(finding.path)
    switch finding.kind {
    case .watchLate:
      return "\(words.operation(finding.operation)) was answered from a state with"
        + " \(words.operation(finding.third)) in it before its session was told of that by the watch"
        + " that \(words.operation(finding.other)) had set on \(path)."
    case .watchLost:
      return "\(words.operation(finding.operation)) was answered from a state with"
        + " \(words.operation(finding.third)) in it, and the watch that"
        + " \(words.operation(finding.other)) had set on \(path) never told its session of that."
    case .watchBackwards:
      return "Line \(finding.recorded) tells of zxid \(words.hexadecimal(finding.zxid)) after the"
        + " same connection was told of \(words.hexadecimal(finding.expected))."
    default:
      return "Line \(finding.recorded) tells of a change of \(path) for which its session had no"
        + " watch, or that did not happen."
    }
  }
}

/// What a stale read after a sync comes from (P10).
public enum SyncClass: String, CaseIterable, Sendable {
  /// The session's server served an epoch that had ended: ZOOKEEPER-1675.
  case deposedLeader = "a"
  /// The session's server led, or may have: it answers a sync before it has applied what followers
  /// have acknowledged.
  case liveLeader = "b"
  /// The session's server followed: Apache's protocol does not allow it.
  case follower = "c"

  var explanation: String {
    switch self {
    case .deposedLeader:
      "a new epoch had begun without its server (class a, ZOOKEEPER-1675, which Apache's protocol"
        + " allows)"
    case .liveLeader:
      "its server was the leader, or may have been, which does not wait for itself (class b, which"
        + " Apache's protocol allows)"
    case .follower: "its server was a follower (class c, which Apache's protocol does not allow)"
    }
  }
}

extension ConsistencyReport {
  /// The class of a stale read after a sync.
  public func syncClass(_ finding: Finding) -> SyncClass {
    if finding.zxid >> 32 != finding.expected >> 32 { return .deposedLeader }
    let server = columns.servers[Int(finding.operation)]
    return followers.contains(server) ? .follower : .liveLeader
  }
}
