import LinnaeusBase
import Zab

/// What happens next in an ensemble under test.
struct Happening {
  enum Kind {
    /// A server looks at its clock.
    case wake(server: Int)
    case notification(to: Int, from: Int, [UInt8])
    /// The answer to a server's wish for a connection.
    case connect(from: Int, to: Int, life: Int)
    case bytes(Int, toOpener: Bool, [UInt8])
    /// One side has closed.
    case closed(Int, toOpener: Bool)
    case disk(server: Int, life: Int, isLog: Bool)
    case snapshot(server: Int, life: Int, link: Int32, connection: Int)
    case reload(server: Int, life: Int)
    case restart(server: Int)
    case workload
    case fault
    case script(Int)
  }

  var time: Int64
  var sequence: Int
  var kind: Kind
}

/// Happenings by time, and of one time by the order in which they were planned.
struct HappeningQueue {
  private var heap: [Happening] = []
  private var sequence = 0

  var nextTime: Int64? { heap.first?.time }

  mutating func plan(_ kind: Happening.Kind, at time: Int64) {
    sequence += 1
    heap.append(Happening(time: time, sequence: sequence, kind: kind))
    var child = heap.count - 1
    while child > 0, isBefore(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popFirst() -> Happening? {
    guard let first = heap.first else { return nil }
    heap[0] = heap[heap.count - 1]
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
        if isBefore(child, least) { least = child }
      }
      guard least != parent else { return first }
      heap.swapAt(parent, least)
      parent = least
    }
  }

  private func isBefore(_ one: Int, _ other: Int) -> Bool {
    (heap[one].time, heap[one].sequence) < (heap[other].time, heap[other].sequence)
  }
}

/// A connection between two servers' quorum ports: bytes stay in order in each direction.
struct Connection {
  var opener: Int
  var other: Int
  var openerSlot: Int32
  var otherSlot: Int32
  var isOpenAtOpener = true
  var isOpenAtOther = true
  /// Nothing may arrive before these times.
  var toOpener: Int64 = 0
  var toOther: Int64 = 0
}

/// One transaction of the tests: a value that no other transaction has.
struct TestTransaction: Hashable {
  var zxid: Zxid
  var value: Int64

  var payload: [UInt8] {
    var writer = ByteWriter()
    writer.zxid(zxid)
    writer.int64(value)
    return writer.bytes
  }

  init(zxid: Zxid, value: Int64) {
    self.zxid = zxid
    self.value = value
  }

  init(_ payload: BorrowedBytes, zxid: Zxid) {
    self.zxid = zxid
    var reader = ByteReader(payload)
    _ = try? reader.zxid()
    value = (try? reader.int64()) ?? -1
  }
}

/// What a server keeps: the log and the two epoch files are written independently of each other.
struct TestDisk {
  enum Write {
    case append(TestTransaction)
    case snapshot([TestTransaction], Zxid)
  }

  var snapshot: [TestTransaction] = []
  var snapshotZxid = Zxid.zero
  var log: [TestTransaction] = []
  var accepted: Int64 = 0
  var current: Int64 = 0
  var writes: [Write] = []
  /// So many of them become durable at once.
  var batch = 0
  var epochs: [(isAccepted: Bool, epoch: Int64)] = []
  /// What lies after it was cut, and will be away when the next write is durable.
  var cut: Zxid?

  var isIdle: Bool { writes.isEmpty && epochs.isEmpty }
  var end: Zxid { log.last?.zxid ?? snapshotZxid }

  /// What the log has after a zxid that is in it, up to another.
  func history(after first: Zxid, through last: Zxid) -> TransactionWindow? {
    guard cut == nil, snapshotZxid == first || log.contains(where: { $0.zxid == first }),
      log.contains(where: { $0.zxid == last })
    else { return nil }
    var history = TransactionWindow(after: first)
    for transaction in log where transaction.zxid > first && transaction.zxid <= last {
      transaction.payload.withBorrowedBytes { history.append($0, zxid: transaction.zxid) }
    }
    return history
  }

  mutating func finishCut() {
    if let cut { log.removeAll { $0.zxid > cut } }
    cut = nil
  }

  /// What was under way together is durable; returns up to where everything is.
  mutating func finishBatch() -> Zxid {
    for _ in 0..<batch { finishWrite() }
    return end
  }

  private mutating func finishWrite() {
    finishCut()
    switch writes.removeFirst() {
    case .append(let transaction): log.append(transaction)
    case .snapshot(let state, let zxid): (snapshot, snapshotZxid, log) = (state, zxid, [])
    }
  }

  mutating func finishEpoch() -> (isAccepted: Bool, epoch: Int64) {
    finishCut()
    let write = epochs.removeFirst()
    if write.isAccepted { accepted = write.epoch } else { current = write.epoch }
    return write
  }

  /// What was under way may have reached the disk, or not.
  mutating func crash(_ random: inout SeededRandom) {
    for _ in 0..<random.below(writes.count + 1) { finishWrite() }
    for _ in 0..<random.below(epochs.count + 1) { _ = finishEpoch() }
    writes = []
    epochs = []
    cut = nil
  }
}
