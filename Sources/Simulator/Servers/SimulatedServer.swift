import LinnaeusBase
import Replica
import Storage
import Tree
import Zab

/// How the servers of a run are set up.
struct ServerSetup {
  var replica: ReplicaOptions
  var storage: StorageOptions
  /// The ensemble; nil for a server alone.
  var configuration: QuorumConfiguration?
  var zab = ZabOptions()
  /// A turn of the server's loop takes this, and each input this on top.
  var turnNanoseconds: Int64
  var inputNanoseconds: Int64
  /// So does each connection that it writes to, and each kilobyte.
  var outputNanoseconds: Int64 = 0
  var outputNanosecondsPerKilobyte: Int64 = 0
}

/// A server's process and its host: a replica, its disk, its clocks, and what it has to look at.
///
/// It does what ``Server``'s loop does: a turn tells the time, takes inputs, ends the batch, and
/// carries out what the replica wants.
struct SimulatedServer {
  let index: Int32
  let setup: ServerSetup
  var replica: ZooKeeperReplica
  var effects = Effects()
  var disk: DiskWorker
  var clock: LocalClock

  /// Whether its process runs.
  private(set) var isUp = false
  /// Counts its processes: what concerns an earlier one is void.
  private(set) var incarnation: UInt32 = 0
  /// It looks at nothing before.
  var busyUntil: Int64 = 0
  var isTurnScheduled = false
  /// When it is woken next; `max`: not.
  var wakesAt = Int64.max
  /// What it must look at, in the order of its arrival.
  var inbox: [ServerInput] = []
  var slots: [ClientSlot] = []
  private var freeSlots: [Int32] = []
  /// Its links to other servers.
  var links: [LinkSlot] = []
  var freeLinks: [Int32] = []
  /// The link that is being made; −1: none.
  var connecting: Int32 = -1
  /// What it must recover up to once its disk is done.
  var reloadLimit: Zxid?
  /// Where its log ended when it turned to its leader; nil once it got more than what it lacks.
  var joinedAt: Zxid?
  /// The epoch in which the oracles know that it leads; 0: it does not.
  var leadsEpoch: Int64 = 0
  /// The last transaction of its tree, as the oracles know it.
  var watchedZxid = Zxid.zero
  private var held: [Int32] = []
  /// What its state has that was replayed from a log, here or at a leader that sent a snapshot, until
  /// that is known to be committed.
  var recovered: [AppliedMark] = []
  /// A leader's snapshot that may not be durable yet, and what was ``recovered`` before it: comes
  /// back if the snapshot gets lost.
  var replaced: (snapshot: Zxid, recovered: [AppliedMark])?
  /// What a truncation took out of ``recovered`` that may not be durable yet: a snapshot that has it
  /// comes back if the truncation gets lost.
  var truncated: [AppliedMark] = []
  /// Whether its host has power.
  var hasPower = true
  /// Whether the oracles know that it serves.
  var isServing = false
  /// What happens when its disk's turn to strike has come.
  var strike: (losesPower: Bool, milliseconds: Int) = (false, 0)
  /// The ensembles that it has written down, the last one last; a power loss may take that away.
  var configurations: [QuorumConfiguration] = []
  /// Why its data could not be recovered; it stays down.
  var refusal: String?
  /// How many learners got what they lacked from its log and are not counted yet.
  var logDifferences = 0
  /// What happened to its torn ends in all.
  var tornEnds = 0

  init(index: Int32, setup: ServerSetup, disk: DiskWorker, clock: LocalClock) {
    self.index = index
    self.setup = setup
    self.disk = disk
    self.clock = clock
    replica = ZooKeeperReplica(
      options: setup.replica, recovered: RecoveringTree(options: setup.replica.tree),
      storage: DurableStorage(options: setup.storage, recovered: RecoveredState()),
      now: clock.instant(at: 0), wall: clock.wall(at: 0))
  }

  // What is looked at after each turn: asking an element of an array would copy it.

  /// Whether clients may connect.
  private(set) var acceptsClients = false
  /// The last transaction of its tree.
  private(set) var lastZxid = Zxid.zero
  /// The epoch in which it leads; nil if it does not.
  private(set) var leadingEpoch: Int64?
  /// When it wants to be woken, in virtual time.
  private(set) var deadline: Int64?

  /// Looks at what has become of the replica.
  mutating func look() {
    acceptsClients =
      isUp && replica.isServing && replica.isReady && replica.failure == nil
    lastZxid = replica.tree.lastZxid
    leadingEpoch = replica.zab?.phase == .leading ? replica.zab?.currentEpoch : nil
  }

  /// Asks when the replica wants to be woken.
  mutating func updateDeadline() {
    deadline = replica.nextDeadline.map { clock.time(of: $0) }
  }

  // MARK: Life

  /// The process starts: it recovers what is on the disk.
  ///
  /// - Returns: Whether it runs; if not, ``refusal`` says why.
  mutating func start(now: Int64) -> Bool {
    precondition(!isUp, "a server that runs is not started")
    let state: RecoveredState
    let sink: ObservedRecovery
    do { (state, sink) = try recover(through: nil) } catch {
      refusal = "\(error)"
      return false
    }
    refusal = nil
    noteRecovered(state, sink)
    for warning in state.warnings {
      switch warning {
      case .tornEnd, .tornBatch: tornEnds += 1
      default: break
      }
    }
    replica = ZooKeeperReplica(
      options: setup.replica, recovered: sink.recovering,
      storage: DurableStorage(options: setup.storage, recovered: state),
      zab: makeZab(state, sink.recovering),
      now: clock.instant(at: now), wall: clock.wall(at: now))
    replica.marksApplied = true
    effects = Effects()
    isUp = true
    isServing = false
    joinedAt = nil
    leadsEpoch = 0
    watchedZxid = replica.tree.lastZxid
    incarnation += 1
    busyUntil = now
    isTurnScheduled = false
    wakesAt = .max
    return true
  }

  /// The process ends at once, and perhaps the power.
  mutating func crash(losesPower: Bool) {
    isUp = false
    acceptsClients = false
    incarnation += 1
    disk.crash(losesPower: losesPower)
    inbox.removeAll()
    slots = []
    freeSlots = []
    links = []
    freeLinks = []
    connecting = -1
    reloadLimit = nil
    held = []
    isTurnScheduled = false
    wakesAt = .max
  }

  // MARK: Connections

  /// A slot for a new connection.
  mutating func takeSlot(end: Int32) -> Int32 {
    let slot: Int32
    if let free = freeSlots.popLast() {
      slot = free
    } else {
      slot = Int32(slots.count)
      slots.append(ClientSlot())
    }
    let generation = slots[Int(slot)].generation &+ 1
    slots[Int(slot)] = ClientSlot(end: end, generation: generation)
    return slot
  }

  /// The slot's connection is gone, and the replica knows.
  mutating func giveBack(_ slot: Int32) {
    slots[Int(slot)].end = -1
    slots[Int(slot)].input.removeAll(keepingCapacity: true)
    slots[Int(slot)].isHeld = false
    freeSlots.append(slot)
  }

  /// The replica wants a connection closed: it is.
  mutating func disconnect(_ slot: Int32) {
    replica.disconnected(slot, into: &effects)
    giveBack(slot)
  }

  // MARK: Turns

  /// A turn begins.
  mutating func beginTurn(now: Int64) {
    replica.advance(now: clock.instant(at: now), wall: clock.wall(at: now), into: &effects)
  }

  /// Looks at one input.
  mutating func take(_ input: ServerInput) {
    switch input.kind {
    case .connected:
      guard isCurrent(input) else { return }
      replica.connected(input.number, address: Self.address, into: &effects)
    case .bytes:
      guard isCurrent(input) else { return }
      input.bytes.withBorrowedBytes { receive($0, on: input.number) }
    case .disconnected:
      guard isCurrent(input) else { return }
      replica.disconnected(input.number, into: &effects)
      giveBack(input.number)
    case .completed: replica.completed(Ticket(rawValue: input.ticket), into: &effects)
    case .failed:
      replica.failed(Ticket(rawValue: input.ticket), errno: input.errno, into: &effects)
    case .time: break
    default: takePeer(input)
    }
  }

  private func isCurrent(_ input: ServerInput) -> Bool {
    slots.indices.contains(Int(input.number))
      && slots[Int(input.number)].generation == input.generation
      && slots[Int(input.number)].end >= 0
  }

  private static let address = Array("127.0.0.1".utf8)

  /// Takes the packets among new bytes of a client.
  mutating func receive(_ bytes: BorrowedBytes, on slot: Int32) {
    guard slots[Int(slot)].input.isEmpty, !slots[Int(slot)].isHeld else {
      slots[Int(slot)].input.append(contentsOf: bytes.buffer)
      return takeKept(slot)
    }
    let taken = takePackets(bytes.buffer, slot)
    if taken < bytes.count {
      slots[Int(slot)].input.append(
        contentsOf: UnsafeRawBufferPointer(rebasing: bytes.buffer[taken...]))
    }
  }

  private mutating func takeKept(_ slot: Int32) {
    guard !slots[Int(slot)].isHeld else { return }
    var kept: [UInt8] = []
    swap(&kept, &slots[Int(slot)].input)
    let taken = kept.withUnsafeBytes { takePackets($0, slot) }
    kept.removeFirst(taken)
    swap(&kept, &slots[Int(slot)].input)
  }

  private mutating func takePackets(_ bytes: UnsafeRawBufferPointer, _ slot: Int32) -> Int {
    var position = 0
    while position < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
      guard let length = ClientSlot.packetLength(rest) else { break }
      if replica.isThrottled(slot) {
        slots[Int(slot)].isHeld = true
        held.append(slot)
        break
      }
      let packet = BorrowedBytes(UnsafeRawBufferPointer(rebasing: rest[4..<length]))
      replica.receive(packet, on: slot, into: &effects)
      position += length
      if effects.closing[Int(slot)] { return bytes.count }
    }
    return position
  }

  private mutating func releaseHeld() {
    let slots = held
    held.removeAll(keepingCapacity: true)
    for slot in slots where self.slots[Int(slot)].isHeld {
      if replica.isThrottled(slot) {
        held.append(slot)
      } else {
        self.slots[Int(slot)].isHeld = false
        takeKept(slot)
      }
    }
  }

  /// The turn ends: what was prepared goes to the disk.
  mutating func endTurn(inputs: Int, now: Int64) {
    if !held.isEmpty { releaseHeld() }
    replica.endOfBatch(into: &effects)
    if !effects.disk.isEmpty { disk.add(&effects.disk) }
    if let limit = effects.reload {
      reloadLimit = limit
      effects.reload = nil
    }
    busyUntil = now + setup.turnNanoseconds + Int64(inputs) * setup.inputNanoseconds
  }

  /// It has written so many bytes to a connection.
  mutating func pay(forBytes count: Int) {
    busyUntil += setup.outputNanoseconds + Int64(count) * setup.outputNanosecondsPerKilobyte / 1024
  }
}

/// A recovery of which each transaction is noted.
struct ObservedRecovery: RecoverySink {
  private(set) var recovering: RecoveringTree
  /// What was replayed on top of the snapshot.
  private(set) var marks: [AppliedMark] = []

  init(_ recovering: RecoveringTree) { self.recovering = recovering }

  mutating func beginSnapshot(zxid: Zxid) {
    marks.removeAll()
    recovering.beginSnapshot(zxid: zxid)
  }

  mutating func beginWithoutSnapshot() {
    marks.removeAll()
    recovering.beginWithoutSnapshot()
  }

  mutating func restore(_ bytes: BorrowedBytes) throws(ByteReaderError) {
    try recovering.restore(bytes)
  }

  mutating func endSnapshot(digest: UInt64?) throws(ByteReaderError) {
    try recovering.endSnapshot(digest: digest)
  }

  mutating func replies(_ bytes: BorrowedBytes) { recovering.replies(bytes) }

  mutating func replay(_ payload: BorrowedBytes) throws(ByteReaderError) {
    try recovering.replay(payload)
    marks.append(
      AppliedMark(
        zxid: recovering.tree.lastZxid, payload: payload, digest: recovering.tree.digest))
  }
}
