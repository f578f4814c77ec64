import Jute
import LinnaeusBase

@testable import Zab

/// One server whose world is the test: the test says everything that others would.
struct Rig {
  var zab: Zab
  var effects = ZabEffects()
  var now: Int64 = 0

  static func zxid(_ epoch: UInt32, _ counter: UInt32) -> Zxid {
    Zxid(epoch: epoch, counter: counter)
  }

  /// A server of an ensemble of participants 1 to `count`, with a log of these transactions.
  init(
    _ id: Int64, of count: Int64 = 3, observers: ClosedRange<Int64>? = nil,
    log: [Zxid] = [], floor: Zxid = .zero, accepted: Int64 = 0, current: Int64 = 0,
    commitLogCount: Int = 500, text: String = "", next: QuorumConfiguration? = nil,
    mutations: Mutations = []
  ) {
    var options = ZabOptions()
    options.commitLogCount = commitLogCount
    var window = TransactionWindow(after: floor, committedCount: commitLogCount)
    for zxid in log {
      Self.payload(zxid).withBorrowedBytes { window.append($0, zxid: zxid) }
      window.commit(upTo: zxid)
    }
    var lines = (1...count).map { "server.\($0)=s\($0):1:2:participant\n" }.joined()
    for observer in observers.map(Array.init) ?? [] {
      lines += "server.\(observer)=s\(observer):1:2:observer\n"
    }
    let all = Array((lines + text).utf8)
    let configuration = all.withBorrowedBytes { try? QuorumConfiguration(text: $0) }
    zab = Zab(
      options: options, id: ServerID(rawValue: id),
      configuration: configuration ?? QuorumConfiguration(members: []), next: next,
      acceptedEpoch: accepted,
      currentEpoch: current, window: window, mutations: mutations)
    advance(0)
    zab.durable(upTo: window.last, into: &effects)
  }

  static func payload(_ zxid: Zxid) -> [UInt8] {
    TestTransaction(zxid: zxid, value: zxid.rawValue).payload
  }

  /// Lets so many milliseconds pass, with every deadline kept.
  mutating func advance(_ milliseconds: Int64) {
    let end = now + milliseconds
    repeat {
      let next = zab.nextDeadline.map { ($0.nanoseconds + 999_999) / 1_000_000 } ?? end
      now = max(now, min(next, end))
      zab.advance(now: Instant(milliseconds: now), into: &effects)
    } while now < end
  }

  // MARK: Elections

  mutating func hear(
    from server: Int64, _ state: ElectionNotification.State = .looking, leader: Int64,
    zxid: Zxid = .zero, epoch: Int64 = 0, round: Int64 = 1, configuration: String? = nil
  ) {
    let notification = ElectionNotification(
      state: state, leader: ServerID(rawValue: leader), zxid: zxid, round: round,
      peerEpoch: epoch, configuration: configuration.map { Array($0.utf8) })
    var writer = ByteWriter()
    notification.write(to: &writer)
    writer.bytes.withBorrowedBytes {
      zab.receiveNotification($0, from: ServerID(rawValue: server), into: &effects)
    }
  }

  /// What was said since the last time: to whom, and what.
  mutating func said() -> [(to: Int64, ElectionNotification)] {
    var result: [(to: Int64, ElectionNotification)] = []
    for (to, message) in effects.notifications {
      message.withBorrowedBytes { bytes in
        var reader = ByteReader(bytes)
        if let said = try? ElectionNotification(from: &reader) {
          result.append((to.rawValue, said))
        }
      }
    }
    effects.notifications = []
    return result
  }

  // MARK: Links

  mutating func receive(_ link: Int32, _ write: (inout ByteWriter) -> Void) {
    var writer = ByteWriter()
    write(&writer)
    writer.bytes.withBorrowedBytes { _ = zab.receive($0, on: link, into: &effects) }
  }

  mutating func receive(_ link: Int32, _ kind: QuorumPacket.Kind, _ zxid: Zxid) {
    receive(link) { $0.quorumPacket(kind, zxid: zxid) }
  }

  mutating func receive(
    _ link: Int32, _ kind: QuorumPacket.Kind, _ zxid: Zxid, _ data: (inout ByteWriter) -> Void
  ) {
    var writer = ByteWriter()
    data(&writer)
    let bytes = writer.bytes
    receive(link) { writer in
      bytes.withBorrowedBytes { writer.quorumPacket(kind, zxid: zxid, data: $0) }
    }
  }

  mutating func receiveProposal(_ link: Int32, _ zxid: Zxid) {
    receive(link, .proposal, zxid) { $0.append(Self.payload(zxid)) }
  }

  /// The packets that a link was sent since the last time, in words.
  mutating func sent(_ link: Int32) -> [String] {
    guard effects.outputs.indices.contains(Int(link)) else { return [] }
    let bytes = effects.outputs[Int(link)].bytes
    effects.outputs[Int(link)].bytes = []
    var result: [String] = []
    bytes.withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      while let packet = try? QuorumPacket.next(from: &reader) {
        result.append("\(packet.kind) \(packet.zxid.hexadecimal)")
      }
    }
    return result
  }

  /// What the server was told to do since the last time, in words.
  mutating func wanted() -> [String] {
    defer { effects.events = [] }
    return effects.events.compactMap { event in
      switch event {
      case .connect(let server): "connect \(server)"
      case .log(let zxid): "log \(zxid.hexadecimal)"
      case .commit(let zxid): "commit \(zxid.hexadecimal)"
      case .writeEpoch(let file, let epoch): "write \(file) \(epoch)"
      case .reload(let zxid): "reload \(zxid.hexadecimal)"
      case .receiveSnapshot(let link, let zxid): "receive snapshot \(link) \(zxid.hexadecimal)"
      case .readHistory(let link, let first, let last):
        "read \(first.hexadecimal)..\(last.hexadecimal) for \(link)"
      case .sendSnapshot(let link): "send snapshot \(link)"
      case .serve: "serve"
      case .stopServing: "stop serving"
      case .request(_, let session, let xid, let opcode, _, _):
        "request \(session) \(xid) \(opcode)"
      case .revalidate(_, let session, _): "revalidate \(session)"
      case .touched(_, let session, _): "touched \(session)"
      case .learnerGone(let link): "gone \(link)"
      case .revalidated(let session, let isAlive): "revalidated \(session) \(isAlive)"
      case .synced: "synced"
      case .reportSessions: "report"
      case .configured(let configuration): "configured \(configuration.version)"
      case .note, .warning: nil
      }
    }
  }

  var isClosing: [Int32] { effects.closing.indices.filter { effects.closing[$0] }.map(Int32.init) }

  // MARK: Stages

  /// Elects another server, and opens a link to it.
  mutating func follow(_ leader: Int64, link: Int32 = 0) {
    hear(from: leader, leader: leader, zxid: Self.zxid(900, 0), epoch: 900)
    advance(200)
    zab.linkOpened(link, into: &effects)
  }

  /// Follows up to the promise of an epoch.
  mutating func promise(
    to leader: Int64, epoch: UInt32, link: Int32 = 0, version: Int32 = LearnerInfo.currentVersion
  ) {
    follow(leader, link: link)
    receive(link, .leaderInfo, Self.zxid(epoch, 0)) { $0.int32(version) }
    zab.epochIsDurable(.accepted, Int64(epoch), into: &effects)
  }

  /// Follows, and serves.
  mutating func serve(under leader: Int64, epoch: UInt32, link: Int32 = 0) {
    promise(to: leader, epoch: epoch, link: link)
    receive(link, .difference, zab.window.last)
    receive(link, .newLeader, Self.zxid(epoch, 0))
    zab.epochIsDurable(.current, Int64(epoch), into: &effects)
    receive(link, .upToDate, Zxid(rawValue: -1))
    _ = (sent(link), wanted(), said())
  }

  /// Is elected by another server.
  mutating func beElected(by voter: Int64) {
    let own = zab.election.vote
    hear(from: voter, leader: zab.id.rawValue, zxid: own.zxid, epoch: own.epoch)
    advance(200)
  }

  mutating func introduce(
    _ server: Int64, link: Int32, accepted: UInt32 = 0, isObserver: Bool = false,
    version: Int32 = LearnerInfo.currentVersion
  ) {
    zab.linkAccepted(link, into: &effects)
    var info = LearnerInfo(server: ServerID(rawValue: server), configurationVersion: 0)
    info.protocolVersion = version
    receive(link, isObserver ? .observerInfo : .followerInfo, Self.zxid(accepted, 0)) {
      info.write(to: &$0)
    }
  }

  mutating func acknowledgeEpoch(_ link: Int32, _ epoch: Int32, _ last: Zxid) {
    receive(link, .ackEpoch, last) { $0.int32(epoch) }
  }

  /// Leads server 1, connected at link 1, in the epoch after all others.
  mutating func lead(with learner: Int64 = 1, link: Int32 = 1) {
    beElected(by: learner)
    introduce(learner, link: link)
    let epoch = zab.acceptedEpoch
    zab.epochIsDurable(.accepted, epoch, into: &effects)
    acknowledgeEpoch(link, 0, zab.window.last)
    zab.epochIsDurable(.current, epoch, into: &effects)
    receive(link, .ack, Self.zxid(UInt32(epoch), 0))
    _ = (sent(link), wanted(), said())
  }

  mutating func propose(_ zxid: Zxid) {
    Self.payload(zxid).withBorrowedBytes { zab.propose($0, zxid: zxid, into: &effects) }
  }
}
