import LinnaeusBase
import Replica
import Storage
import Tree
import Zab

/// A link from the server's side.
struct LinkSlot {
  /// The end of the connection; −1 if there is none.
  var end: Int32 = -1
  /// Which connection of this slot it is.
  var generation: UInt32 = 0
}

/// The server in its ensemble.
extension SimulatedServer {
  // MARK: Links

  mutating func takeLink(end: Int32) -> Int32 {
    let link: Int32
    if let free = freeLinks.popLast() {
      link = free
    } else {
      link = Int32(links.count)
      links.append(LinkSlot())
    }
    links[Int(link)] = LinkSlot(end: end, generation: links[Int(link)].generation &+ 1)
    return link
  }

  mutating func giveBackLink(_ link: Int32) {
    links[Int(link)].end = -1
    freeLinks.append(link)
  }

  /// The replica wants a link closed: it is.
  mutating func closeLink(_ link: Int32) {
    giveBackLink(link)
    replica.linkClosed(link, into: &effects)
  }

  /// Gives up the connection that is being made, if there is one; its end.
  mutating func abandonConnecting() -> Int32? {
    guard connecting >= 0 else { return nil }
    let end = links[Int(connecting)].end
    giveBackLink(connecting)
    connecting = -1
    return end
  }

  // MARK: Inputs

  mutating func receivePeer(_ bytes: BorrowedBytes, on link: Int32) {
    replica.receivePeer(bytes, on: link, into: &effects)
  }

  /// Looks at what comes of another server.
  mutating func takePeer(_ input: ServerInput) {
    switch input.kind {
    case .notification:
      input.bytes.withBorrowedBytes {
        replica.receiveNotification($0, from: Self.id(input.number), into: &effects)
      }
    case .electionConnected:
      replica.electionConnected(to: Self.id(input.number), into: &effects)
    case .linkFailed: replica.linkFailed(into: &effects)
    default:
      let link = Int(input.number)
      guard links[link].generation == input.generation, links[link].end >= 0 else { return }
      takeLinkInput(input)
    }
  }

  private mutating func takeLinkInput(_ input: ServerInput) {
    switch input.kind {
    case .linkOpened: replica.linkOpened(input.number, into: &effects)
    case .linkAccepted: replica.linkAccepted(input.number, into: &effects)
    case .linkBytes: input.bytes.withBorrowedBytes { receivePeer($0, on: input.number) }
    case .linkClosed: closeLink(input.number)
    default: break
    }
  }

  private static func id(_ server: Int32) -> ServerID { ServerID(rawValue: Int64(server) + 1) }

  // MARK: Configurations

  /// Writes down which ensemble the replica is part of now.
  mutating func keepConfiguration() {
    guard let configuration = effects.configuration else { return }
    configurations = configurations.suffix(1) + [configuration]
    effects.configuration = nil
  }

  // MARK: Histories

  /// Reads what a learner lacks from the log.
  mutating func readHistory(_ read: HistoryRead) {
    var history = TransactionWindow(after: read.first)
    let isWhole = try? DurableStorage.transactions(
      after: read.first, through: read.last, files: disk.disk.files,
      read: { (file, offset, count) throws(SystemError) in
        try disk.disk.read(file, offset, count)
      }, atMost: read.limitBytes
    ) { zxid, payload in history.append(payload, zxid: zxid) }
    let isFound = isWhole == true
    if isFound { logDifferences += 1 }
    replica.historyRead(read, isFound ? history : nil, into: &effects)
  }

  /// How many learners got what they lacked from the log since the last time.
  mutating func takeLogDifferences() -> Int {
    defer { logDifferences = 0 }
    return logDifferences
  }

  // MARK: Recovery

  /// Recovers what is on the disk, with nothing after a limit.
  ///
  /// - Throws: Why that cannot be.
  func recover(
    through limit: Zxid?
  ) throws(RecoveryError) -> (state: RecoveredState, sink: ObservedRecovery) {
    var sink = ObservedRecovery(RecoveringTree(options: setup.replica.tree))
    let state = try DurableStorage.recover(
      disk.disk.files, through: limit,
      read: { (file, offset, count) throws(SystemError) in
        try disk.disk.read(file, offset, count)
      }, into: &sink)
    return (state, sink)
  }

  /// Keeps in mind what is part of the state and may not be committed; a snapshot may hold some of
  /// what an earlier recovery had replayed.
  mutating func noteRecovered(_ state: RecoveredState, _ sink: ObservedRecovery) {
    let snapshot = state.snapshot ?? .zero
    if let replaced, replaced.snapshot != snapshot { recovered = replaced.recovered }
    replaced = nil
    let all = recovered + truncated.filter { mark in !recovered.contains { $0.zxid == mark.zxid } }
    recovered = all.filter { $0.zxid <= snapshot } + sink.marks
    truncated = all.filter { $0.zxid > state.lastZxid }
  }

  /// What the replica of this server is in its ensemble; nil if it is alone.
  func makeZab(_ state: RecoveredState, _ recovering: RecoveringTree) -> Zab? {
    guard let configuration = configurations.last ?? setup.configuration else { return nil }
    return Zab(
      options: setup.zab, id: Self.id(index), configuration: configuration,
      next: recovering.configuration,
      acceptedEpoch: state.acceptedEpoch ?? 0,
      currentEpoch: state.currentEpoch ?? Int64(state.lastZxid.epoch),
      window: recovering.window, mutations: setup.replica.mutations)
  }

  /// Recovers again, if that is wanted and the disk is done.
  ///
  /// - Returns: Whether it was done.
  /// - Throws: Why it cannot be.
  mutating func reloadIfDue() throws(RecoveryError) -> Bool {
    guard let limit = reloadLimit, disk.isIdle, !hasUnseenAnswers else { return false }
    reloadLimit = nil
    let (state, sink) = try recover(through: limit)
    noteRecovered(state, sink)
    disk.disk.closeAll()
    replica.reloaded(
      sink.recovering, storage: DurableStorage(options: setup.storage, recovered: state),
      into: &effects)
    return true
  }

  private var hasUnseenAnswers: Bool {
    inbox.contains { $0.kind == .completed || $0.kind == .failed }
  }
}
