import LinnaeusBase
import Storage

/// What became of an operation that carries a ticket.
struct DiskAnswer {
  var ticket: Ticket
  /// nil if what the ticket stands for is durable.
  var errno: Int32?
}

/// What a disk was told, and how far it is: one thing after the other, up to the next one that must
/// be answered at a time.
struct DiskWorker {
  /// No sync takes longer, however slow the disk is.
  private static let longestSync: Int64 = 2_000_000_000
  private(set) var options: DiskOptions
  var disk = SimulatedDisk()
  private var random: SeededRandom
  private var operations: [DiskOperation] = []
  private var head = 0
  /// So many of them are in work.
  private var inWork = 0
  /// The latencies of syncs are times this.
  var slowness: Int64 = 1
  /// After so many more operations the server is struck; nil: it is not.
  var strikesAfter: Int?
  /// How many operations were executed.
  private(set) var executed = 0
  /// Whether something has failed since the process began.
  private(set) var hasFailed = false
  /// What it gets wrong on purpose.
  var mutants: DriverMutants = []
  /// The snapshot that is being written; known only where its syncs are left out.
  private var snapshot: FileNumber?

  init(options: DiskOptions, seed: UInt64, server: Int) {
    self.options = options
    random = SeededRandom(seed: seed, .disk, server)
  }

  /// Nothing is slow, full or broken any more.
  mutating func heal() {
    options.oneSlowSyncIn = 0
    slowness = 1
    strikesAfter = nil
    disk.capacity = .max
    disk.nextSyncFails = nil
  }

  /// Whether something is in work.
  var isBusy: Bool { inWork > 0 }

  /// Whether nothing is left to do.
  var isIdle: Bool { head == operations.count }

  /// Takes over operations.
  mutating func add(_ new: inout [DiskOperation]) {
    if head == operations.count {
      operations.removeAll(keepingCapacity: true)
      head = 0
      swap(&operations, &new)
    } else {
      operations += new
      new.removeAll(keepingCapacity: true)
    }
  }

  /// Begins with what comes next; how long it takes, or nil if there is nothing to do or something is
  /// in work.
  mutating func begin() -> Int64? {
    guard inWork == 0, head < operations.count else { return nil }
    var duration: Int64 = 0
    while head + inWork < operations.count {
      let index = head + inWork
      inWork += 1
      duration += self.duration(of: operations[index])
      if operations[index].ticket != nil { break }
    }
    return duration
  }

  private mutating func duration(of operation: DiskOperation) -> Int64 {
    switch operation {
    case .write(_, _, let bytes):
      return options.operationNanoseconds
        + Int64(bytes.count) * options.nanosecondsPerKilobyte / 1024
    case .sync, .syncDirectory:
      var time = options.syncNanoseconds
      time += random.exponential(mean: options.syncJitterNanoseconds)
      if options.oneSlowSyncIn > 0, random.chance(1, in: options.oneSlowSyncIn) { time *= 100 }
      return min(time * slowness, Self.longestSync)
    default: return options.operationNanoseconds
    }
  }

  /// What was in work is done.
  ///
  /// - Returns: The answer, if one is due, and whether the server was struck before it was given.
  mutating func finish() -> (answer: DiskAnswer?, isStruck: Bool) {
    var answer: DiskAnswer?
    while inWork > 0 {
      if let strike = strikesAfter {
        // Before one operation, or after one whose answer is never given.
        guard strike > 0 else { return (nil, true) }
        strikesAfter = strike - 1
      }
      inWork -= 1
      answer = executeNext()
    }
    compact()
    if strikesAfter == 0, random.chance(1, in: 2) { return (nil, true) }
    return (answer, false)
  }

  private mutating func executeNext() -> DiskAnswer? {
    let operation = operations[head]
    // The bytes are not held any longer than they are needed.
    operations[head] = .close(FileNumber(rawValue: 0))
    head += 1
    executed += 1
    if !mutants.isEmpty, isSkipped(operation) {
      return operation.ticket.map { DiskAnswer(ticket: $0, errno: nil) }
    }
    let errno = disk.execute(operation, &random)
    if errno != nil { hasFailed = true }
    return operation.ticket.map { DiskAnswer(ticket: $0, errno: errno) }
  }

  private mutating func isSkipped(_ operation: DiskOperation) -> Bool {
    switch operation {
    case .create(let file, let number) where file.name.contains("snapshot."): snapshot = number
    case .sync(let number, _) where number == snapshot && mutants.contains(.skipsSnapshotSync):
      return true
    case .sync: return mutants.contains(.acknowledgesBeforeSync)
    case .syncDirectory: return mutants.contains(.skipsDirectorySync)
    case .truncate: return mutants.contains(.losesTruncation)
    default: break
    }
    return false
  }

  private mutating func compact() {
    if head == operations.count {
      operations.removeAll(keepingCapacity: true)
      head = 0
    } else if head >= 256 {
      operations.removeFirst(head)
      head = 0
    }
  }

  /// The process ends, and perhaps the power: of what was in work, some is done.
  mutating func crash(losesPower: Bool) {
    if inWork > 0 {
      let done = random.below(inWork + 1)
      for _ in 0..<done { _ = executeNext() }
    }
    operations.removeAll()
    head = 0
    inWork = 0
    strikesAfter = nil
    hasFailed = false
    if losesPower { disk.losePower(&random) } else { disk.endProcess() }
  }

  /// One bit of one file changes.
  mutating func rot() -> Bool { disk.rot(&random) }
}
