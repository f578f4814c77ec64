import LinnaeusBase

/// The last transactions of a log, in memory: some that are committed, to bring others up to date,
/// and all that are logged and not known to be committed.
///
/// Their bytes lie one behind the other: an array for each would lie between the znodes that it
/// brings about and leave gaps among them.
public struct TransactionWindow: Sendable {
  private struct Entry: Sendable {
    var zxid: Zxid
    var start: Int
    var count: Int
  }

  /// So many committed transactions are kept.
  public let committedCount: Int
  /// Committed transactions are not kept beyond so many bytes.
  public let committedBytes: Int
  /// The place before the first kept transaction; zero as long as none was dropped.
  public private(set) var floor: Zxid
  /// Everything up to it is committed.
  public private(set) var lastCommitted: Zxid
  /// Nothing after it is dropped, whatever the limits say.
  public var pinned: Zxid?

  private var bytes: [UInt8] = []
  private var origin = 0
  private var entries: [Entry] = []
  private var head = 0
  private var committedEntries = 0

  /// Starts with nothing after a transaction that counts as committed.
  public init(after zxid: Zxid, committedCount: Int = 500, committedBytes: Int = 16 << 20) {
    floor = zxid
    lastCommitted = zxid
    self.committedCount = committedCount
    self.committedBytes = committedBytes
  }

  /// How many transactions are kept.
  public var count: Int { entries.count - head }

  /// How many of them are not known to be committed.
  public var uncommittedCount: Int { count - committedEntries }

  /// The last transaction of all: that of the log.
  public var last: Zxid { entries.count > head ? entries[entries.count - 1].zxid : floor }

  /// The zxid of the transaction at a place of `0 ..< count`.
  public func zxid(at place: Int) -> Zxid { entries[head + place].zxid }

  /// The place of the first transaction after a zxid, or `count` if there is none, in O(log n).
  public func place(after zxid: Zxid) -> Int {
    // Mostly one of the last ones is asked for.
    if zxid >= last { return count }
    var (low, high) = (head, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].zxid <= zxid { low = middle + 1 } else { high = middle }
    }
    return low - head
  }

  /// The zxid of the first transaction after another one; nil if there is none.
  public func first(after zxid: Zxid) -> Zxid? {
    let place = place(after: zxid)
    return place < count ? self.zxid(at: place) : nil
  }

  /// Appends the bytes of the transaction of that zxid, if it is kept.
  public func copyPayload(of zxid: Zxid, into payload: inout [UInt8]) {
    let place = place(after: Zxid(rawValue: zxid.rawValue - 1))
    guard place < count, self.zxid(at: place) == zxid else { return }
    withPayload(at: place) { payload.append(contentsOf: $0.buffer) }
  }

  /// Lends the bytes of the transaction at a place: header, record and digest.
  ///
  /// - Throws: What `body` throws.
  public func withPayload<Value, Failure: Error>(
    at place: Int, _ body: (BorrowedBytes) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let entry = entries[head + place]
    return try bytes.withBorrowedBytes { (all) throws(Failure) in
      try body(all[entry.start - origin..<entry.start - origin + entry.count])
    }
  }

  /// Adds a transaction behind all others.
  public mutating func append(_ payload: BorrowedBytes, zxid: Zxid) {
    precondition(zxid > last, "transactions come in ascending order")
    entries.append(Entry(zxid: zxid, start: origin + bytes.count, count: payload.count))
    bytes.append(contentsOf: payload.buffer)
  }

  /// Everything up to that zxid is committed; what need not be kept goes.
  public mutating func commit(upTo zxid: Zxid) {
    while committedEntries < count, entries[head + committedEntries].zxid <= zxid {
      committedEntries += 1
    }
    lastCommitted = max(lastCommitted, zxid)
    while committedEntries > 0,
      committedEntries > committedCount
        || entries[head + committedEntries - 1].start - entries[head].start > committedBytes,
      pinned.map({ entries[head].zxid <= $0 }) ?? true
    {
      floor = entries[head].zxid
      head += 1
      committedEntries -= 1
    }
    compact()
  }

  /// Forgets every transaction after that zxid.
  public mutating func truncate(after zxid: Zxid) {
    while let entry = entries.last, entries.count > head, entry.zxid > zxid {
      bytes.removeLast(entry.count)
      entries.removeLast()
    }
    committedEntries = min(committedEntries, count)
    lastCommitted = min(lastCommitted, zxid)
  }

  /// Moving what is kept costs no more than adding it did.
  private mutating func compact() {
    if head == entries.count {
      entries.removeAll(keepingCapacity: head <= 4096)
      head = 0
      origin += bytes.count
      bytes.removeAll(keepingCapacity: bytes.capacity <= 256 << 10)
    } else if head >= 1024, head * 2 >= entries.count {
      entries.removeFirst(head)
      head = 0
      let surplus = entries[0].start - origin
      bytes.removeFirst(surplus)
      origin += surplus
    }
  }
}
