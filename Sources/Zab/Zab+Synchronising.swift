import Jute
import LinnaeusBase

/// How a learner gets what it lacks (zookeeper-protocol.md, section 8, step 4).
extension Zab {
  /// What is to be done about a learner's log.
  enum Remedy: Hashable, Sendable {
    /// It has everything up to that zxid, and nothing else.
    case difference(after: Zxid)
    /// It has something that is not in the leader's log, and has everything up to that zxid.
    case truncation(to: Zxid)
    /// It has nothing after that zxid, which is no longer in memory: it may be in the log on disk.
    case history(after: Zxid)
    /// What it has in common is not known.
    case snapshot
  }

  /// The last transaction that a new learner can count on: all that is committed, and before this
  /// leader serves, all of its log, which is the history that it was elected for.
  private var historyEnd: Zxid {
    leadership.stage == .serving ? window.lastCommitted : leadership.historyEnd
  }

  /// Chooses by the end of a learner's log.
  ///
  /// Logs that have a zxid in common agree on everything up to it. A learner that lacks the end of
  /// an epoch, but has more of that epoch than the leader, has all of the leader's before; one whose
  /// last epoch is another one than the leader's there may have missed something even earlier.
  func remedy(for last: Zxid) -> Remedy {
    if last >= window.last, mutations.contains(.omitsTruncation) {
      return .difference(after: window.last)
    }
    guard last >= window.floor else { return last < .zero ? .snapshot : .history(after: last) }
    let place = window.place(after: last)
    let before = place > 0 ? window.zxid(at: place - 1) : window.floor
    if before == last { return .difference(after: last) }
    // No transaction, but where an epoch begins: the learner has nothing of it.
    if last.counter == 0 { return .difference(after: before) }
    if before.epoch == last.epoch || before == .zero { return .truncation(to: before) }
    return mutations.contains(.omitsLaterTruncation) ? .difference(after: before) : .snapshot
  }

  mutating func synchronise(_ link: Int32, into effects: inout ZabEffects) {
    let last = links[Int(link)].learner.lastZxid
    switch remedy(for: last) {
    case .difference(let zxid):
      effects.send(.difference, zxid: historyEnd, on: link)
      sendHistory(after: zxid, on: link, into: &effects)
    case .truncation(let zxid):
      let end = mutations.contains(.cutsTooMuch) ? predecessor(of: zxid) : zxid
      effects.send(.truncate, zxid: end, on: link)
      sendHistory(after: zxid, on: link, into: &effects)
    case .history(let zxid):
      links[Int(link)].learner.stage = .loading
      links[Int(link)].learner.pinned = window.floor
      links[Int(link)].learner.awaitsHistory = true
      pinWindow()
      effects.events.append(.readHistory(link: link, after: zxid, through: window.floor))
    case .snapshot: beginSnapshot(link, into: &effects)
    }
  }

  private mutating func beginSnapshot(_ link: Int32, into effects: inout ZabEffects) {
    links[Int(link)].learner.stage = .loading
    links[Int(link)].learner.pinned = window.lastCommitted
    pinWindow()
    effects.events.append(.sendSnapshot(link: link))
  }

  /// Sends what was read from the log, and what came after it; a snapshot, if it could not be read.
  mutating func takeHistory(
    _ link: Int32, after zxid: Zxid, _ history: TransactionWindow?, into effects: inout ZabEffects
  ) {
    guard isLoadingLearner(link), links[Int(link)].learner.awaitsHistory,
      links[Int(link)].learner.lastZxid == zxid
    else { return }
    links[Int(link)].learner.awaitsHistory = false
    guard let history, history.floor == zxid, history.last == window.floor else {
      return beginSnapshot(link, into: &effects)
    }
    links[Int(link)].learner.lastHeard = now
    effects.send(.difference, zxid: historyEnd, on: link)
    for place in 0..<history.count {
      send(history, at: place, isCommitted: true, on: link, into: &effects)
    }
    sendHistory(after: history.last, on: link, into: &effects)
  }

  /// Sends a transaction of the history as a learner of its kind gets it.
  private func send(
    _ history: TransactionWindow, at place: Int, isCommitted: Bool, on link: Int32,
    into effects: inout ZabEffects
  ) {
    let isObserver = links[Int(link)].learner.isObserver
    let zxid = history.zxid(at: place)
    history.withPayload(at: place) {
      effects.send(isObserver ? .inform : .proposal, zxid: zxid, $0, on: link)
    }
    if isCommitted, !isObserver { effects.send(.commit, zxid: zxid, on: link) }
  }

  /// The mutation `cutsTooMuch`.
  private func predecessor(of zxid: Zxid) -> Zxid {
    let place = window.place(after: zxid)
    return place >= 2 ? window.zxid(at: place - 2) : window.floor
  }

  mutating func announceSnapshot(_ link: Int32, _ zxid: Zxid, into effects: inout ZabEffects) {
    guard isLoadingLearner(link) else { return }
    effects.send(.snapshot, zxid: zxid, on: link)
  }

  mutating func finishSnapshot(_ link: Int32, _ zxid: Zxid, into effects: inout ZabEffects) {
    guard isLoadingLearner(link) else { return }
    guard zxid >= window.floor else {
      effects.note("a snapshot of \(zxid) is older than what is kept")
      return drop(link, into: &effects)
    }
    links[Int(link)].learner.lastHeard = now
    effects.touch(link)
    Self.signature.withUTF8Buffer {
      effects.outputs[Int(link)].string(BorrowedBytes(UnsafeRawBufferPointer($0)))
    }
    sendHistory(after: zxid, on: link, into: &effects)
  }

  private func isLoadingLearner(_ link: Int32) -> Bool {
    phase == .leading && links.indices.contains(Int(link))
      && links[Int(link)].state == .learner && links[Int(link)].learner.stage == .loading
  }

  /// Sends everything after a zxid, and then NEWLEADER.
  ///
  /// The history counts as committed, what is proposed does not. From now on the learner gets what
  /// is proposed.
  private mutating func sendHistory(
    after zxid: Zxid, on link: Int32, into effects: inout ZabEffects
  ) {
    let isObserver = links[Int(link)].learner.isObserver
    let end = historyEnd
    var place = window.place(after: zxid)
    if mutations.contains(.leavesHole), place + 1 < window.count { place += 1 }
    while place < window.count {
      let zxid = window.zxid(at: place)
      if isObserver, zxid > end { break }
      send(window, at: place, isCommitted: zxid <= end, on: link, into: &effects)
      place += 1
    }
    links[Int(link)].learner.stage = .synchronised
    // A proposal that it had in its log already is covered by its acknowledgement of NEWLEADER.
    links[Int(link)].learner.historyEnd = max(end, zxid)
    configuration.text.withBorrowedBytes {
      effects.send(.newLeader, zxid: Self.start(of: leadership.epoch), $0, on: link)
    }
  }
}
