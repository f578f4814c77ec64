import Jute
import LinnaeusBase
import Testing

@testable import Storage

/// A transaction of an ensemble's: its number, and what was in it.
struct Entry: Hashable {
  var zxid: Zxid
  var fingerprint: UInt64
}

/// What a member of an ensemble has recovered.
struct RecoveredEntries: RecoverySink {
  private(set) var entries: [Entry] = []
  private(set) var replies: [UInt8]?
  private(set) var snapshot: [Entry]?
  private var body: [UInt8] = []

  mutating func beginSnapshot(zxid: Zxid) {
    body = []
    entries = []
    replies = nil
    snapshot = nil
  }

  mutating func beginWithoutSnapshot() {
    entries = []
    replies = nil
    snapshot = nil
  }

  mutating func restore(_ bytes: BorrowedBytes) throws(ByteReaderError) { body += bytes.array }

  mutating func endSnapshot(digest: UInt64?) throws(ByteReaderError) {
    entries = try body.withBorrowedBytes { (bytes) throws(ByteReaderError) in
      var reader = ByteReader(bytes)
      var entries: [Entry] = []
      while bytes.count - reader.position > 5 {
        let zxid = try reader.zxid()
        entries.append(
          Entry(zxid: zxid, fingerprint: UInt64(bitPattern: try reader.int64())))
      }
      return entries
    }
    snapshot = entries
  }

  mutating func replies(_ bytes: BorrowedBytes) { replies = bytes.array }

  mutating func replay(_ payload: BorrowedBytes) throws(ByteReaderError) {
    var reader = ByteReader(payload)
    let zxid = try TransactionHeader(from: &reader).zxid
    entries.append(Entry(zxid: zxid, fingerprint: fingerprint(payload)))
  }

  static func snapshot(_ entries: ArraySlice<Entry>) -> [UInt8] {
    var writer = ByteWriter()
    for entry in entries {
      writer.zxid(entry.zxid)
      writer.int64(Int64(bitPattern: entry.fingerprint))
    }
    writer.string([UInt8(ascii: "/")])
    return writer.bytes
  }

  /// What was answered after these transactions.
  static func replies(_ entries: ArraySlice<Entry>) -> [UInt8] {
    var writer = ByteWriter()
    writer.int64(Int64(bitPattern: entries.last?.fingerprint ?? 0))
    for _ in 0..<(entries.count * 37 % 900) { writer.uint8(9) }
    return writer.bytes
  }
}

/// A member of an ensemble: its log is cut, replaced by a leader's snapshot, and it makes promises.
struct MemberModel {
  /// What was appended in one history, and how much of it must be there if that one is.
  struct Lineage {
    var entries: [Entry] = []
    var told = 0

    func allows(_ found: [Entry]) -> Bool {
      found.count >= told && entries.starts(with: found)
    }
  }

  var disk = SimulatedDisk()
  var storage: DurableStorage
  let options: StorageOptions
  let mutant: MemberMutant?
  var random: SeededRandom
  var current = Lineage()
  /// The histories before the one that is being taken over.
  private(set) var old: [Lineage] = []
  private(set) var truncations = 0
  private(set) var replacements = 0
  private var leastEpoch: UInt32 = 1
  private var lastEpoch: UInt32 = 0
  private var recovered = RecoveredState()
  private var queue: [DiskOperation] = []
  private var done: [Ticket] = []
  private var failures = DiskFailures()
  private var snapshotRest: [UInt8] = []
  private var snapshotCount = 0
  private var base = 0
  private var asked: [EpochFileName: Int64] = [:]
  private var promised: [EpochFileName: Int64] = [:]
  private var files: [FileNumber: StoredFile] = [:]
  private var previous: DiskOperation?

  init(options: StorageOptions, seed: UInt64, mutant: MemberMutant? = nil) {
    self.options = options
    self.mutant = mutant
    random = SeededRandom(seed: seed)
    storage = DurableStorage(options: options, recovered: RecoveredState())
    storage.flush(into: &queue)
  }

  var last: Zxid { current.entries.last?.zxid ?? .zero }
  var isSettled: Bool {
    storage.isSettled && !storage.isWritingSnapshot && queue.isEmpty && done.isEmpty
  }

  mutating func append(size: Int) {
    let before = storage.lastAppended
    var zxid = before.next
    // The first leader is never that of epoch 0, and one who has cut a history begins another epoch.
    if before.epoch < leastEpoch || random.chance(1, in: 6) {
      zxid = Zxid(epoch: max(leastEpoch, before.epoch + 1) + UInt32(random.below(2)), counter: 1)
      lastEpoch = max(lastEpoch, zxid.epoch)
    }
    let payload = transaction(zxid.rawValue, size: size, &random)
    payload.withBorrowedBytes { bytes in
      storage.append(bytes, zxid: zxid)
      current.entries.append(Entry(zxid: zxid, fingerprint: fingerprint(bytes)))
    }
  }

  mutating func flush() { storage.flush(into: &queue) }

  mutating func writeEpoch() {
    let file: EpochFileName = random.chance(1, in: 2) ? .accepted : .current
    let epoch = (asked[file] ?? 0) * 3 + 1 + Int64(random.below(5))
    guard epoch < 1 << 50 else { return }
    asked[file] = epoch
    storage.writeEpoch(file, epoch, into: &queue)
  }

  // MARK: The disk

  mutating func executeNext() {
    guard !queue.isEmpty else { return }
    let next = queue.removeFirst()
    let operation = mutant?.change(next) ?? next
    if case .create(let file, let number) = operation { files[number] = file }
    if case .open(let file, let number) = operation { files[number] = file }
    defer { previous = operation }
    if mutant?.leavesOut(operation, after: previous, files: files) == true {
      if let ticket = operation.ticket { done.append(ticket) }
      return
    }
    if let errno = failures.refusal(of: operation) ?? disk.execute(operation) {
      failures.record(operation, errno: errno)
      guard let ticket = operation.ticket else { return }
      _ = storage.failed(ticket, errno: errno, into: &queue)
    } else if let ticket = operation.ticket {
      done.append(ticket)
    }
  }

  mutating func tellNext() {
    guard !done.isEmpty else { return }
    let progress = storage.completed(done.removeFirst(), into: &queue)
    for epoch in progress.epochs { promised[epoch.file] = epoch.epoch }
    note(progress.durable)
  }

  private mutating func note(_ durable: Zxid) {
    guard storage.isReady else { return }
    promised[.accepted] = max(promised[.accepted] ?? 0, recovered.acceptedEpoch ?? 0)
    promised[.current] = max(promised[.current] ?? 0, recovered.currentEpoch ?? 0)
    old = []
    current.told = max(current.told, current.entries.count { $0.zxid <= durable })
  }

  // MARK: Histories

  /// Recovers again while the server runs, and goes on from a shorter history.
  mutating func truncate() throws {
    while !queue.isEmpty { executeNext() }
    guard storage.failure == nil else { return }
    let limit =
      current.entries.isEmpty ? .zero : current.entries[random.below(current.entries.count)].zxid
    var sink = RecoveredEntries()
    let state: RecoveredState
    let disk = disk
    do throws(RecoveryError) {
      state = try DurableStorage.recover(
        disk.files, through: limit, read: disk.read, into: &sink)
    } catch {
      if case .cannotEnd = error { return }
      throw error
    }
    try check(sink)
    let found = sink.entries
    guard found.allSatisfy({ $0.zxid <= limit }) else {
      throw Loss(message: "\(found.last?.zxid ?? .zero) is after \(limit)")
    }
    let least = min(current.told, current.entries.count { $0.zxid <= limit })
    guard
      (old + [current]).contains(where: { $0.entries.starts(with: found) }),
      !old.isEmpty || found.count >= least
    else {
      throw Loss(message: "of \(least) up to \(limit), \(found.count) are there")
    }
    old.append(current)
    current = Lineage(entries: found, told: found.count)
    truncations += 1
    leastEpoch = lastEpoch + 1
    adopt(state, replacing: storage)
  }

  /// Goes on from the state that a leader has sent.
  mutating func restart() {
    guard storage.failure == nil else { return }
    old.append(current)
    var entries = Array(current.entries.prefix(random.below(current.entries.count + 1)))
    if entries.isEmpty || random.chance(1, in: 2) {
      lastEpoch += 1
      var zxid = Zxid(epoch: lastEpoch, counter: 1)
      for _ in 0...random.below(5) {
        entries.append(Entry(zxid: zxid, fingerprint: random.next()))
        zxid = zxid.next
      }
    }
    current = Lineage(entries: entries, told: entries.count)
    base = entries.count
    replacements += 1
    leastEpoch = lastEpoch + 1
    storage.restart(at: last, into: &queue)
  }

  private mutating func adopt(_ state: RecoveredState, replacing old: DurableStorage?) {
    base = 0
    snapshotCount = state.snapshot.map { zxid in current.entries.count { $0.zxid <= zxid } } ?? 0
    done = []
    recovered = state
    storage = DurableStorage(options: options, recovered: state, replacing: old)
    flush()
    note(storage.durable)
  }

  /// Whatever was restored, what was answered before it is known.
  private func check(_ sink: RecoveredEntries) throws {
    guard let snapshot = sink.snapshot else { return }
    guard sink.replies == RecoveredEntries.replies(snapshot[...]) else {
      throw Loss(message: "the replies of a snapshot are not there")
    }
  }

  // MARK: Snapshots

  mutating func beginSnapshot() {
    guard storage.wantsSnapshot else { return }
    if storage.restart != nil {
      snapshotCount = base
    } else {
      let count = max(0, current.entries.count - random.below(3))
      guard count >= snapshotCount else { return }
      snapshotCount = count
    }
    let entries = current.entries[..<snapshotCount]
    snapshotRest = RecoveredEntries.snapshot(entries)
    storage.beginSnapshot(entries.last?.zxid ?? .zero, into: &queue)
  }

  mutating func continueSnapshot() {
    guard storage.isWritingSnapshot else { return }
    if snapshotRest.isEmpty {
      storage.finishSnapshot(
        digest: 5, replies: RecoveredEntries.replies(current.entries[..<snapshotCount]),
        into: &queue)
    } else if storage.hasRoomForSnapshot {
      let piece = snapshotRest.prefix(1 + random.below(700))
      snapshotRest.removeFirst(piece.count)
      storage.appendSnapshot(Array(piece), into: &queue)
    }
  }

  // MARK: Crashing

  /// Crashes, and starts again: with the old state or the new one, and what was promised.
  mutating func crash(_ crash: SimulatedDisk.Crash) throws {
    disk.crash(crash)
    var sink = RecoveredEntries()
    let disk = disk
    let state = try DurableStorage.recover(disk.files, read: disk.read, into: &sink)
    try check(sink)
    for (file, epoch) in [
      (EpochFileName.accepted, state.acceptedEpoch), (.current, state.currentEpoch),
    ] {
      let least = promised[file] ?? 0
      guard (least...max(least, asked[file] ?? 0)).contains(epoch ?? 0) else {
        throw Loss(message: "\(file) is \(epoch ?? 0) after \(least)")
      }
    }
    // Until what was recovered is durable, another crash may bring back what this one did not.
    old.append(current)
    guard let found = old.last(where: { $0.allows(sink.entries) }) else {
      throw Loss(
        message: """
          \(sink.entries.count) are there up to \(state.lastZxid), which is neither of \
          \(current.entries.count), \(current.told) of them told, nor of the old state
          """)
    }
    current = Lineage(entries: sink.entries, told: found.told)
    guard state.lastZxid == last || current.entries.isEmpty else {
      throw Loss(message: "the last zxid is \(state.lastZxid)")
    }
    queue = []
    failures = DiskFailures()
    files = [:]
    adopt(state, replacing: nil)
  }

  /// Executes everything that is under way, and all that this brings about.
  mutating func settle() {
    for _ in 0..<10_000 {
      flush()
      while !queue.isEmpty { executeNext() }
      while !done.isEmpty { tellNext() }
      if storage.restart != nil, !storage.isWritingSnapshot { beginSnapshot() }
      continueSnapshot()
      if isSettled || storage.failure != nil && queue.isEmpty { return }
    }
    Issue.record("the storage never settles")
  }
}
