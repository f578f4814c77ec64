import LinnaeusBase

extension DurableStorage {
  /// Reads the transactions after one that is part of this server's past, for a learner that lacks
  /// them.
  ///
  /// The files may be those of a running server, if everything up to `last` is durable. Replies
  /// false if not all of them are there, if there is no proof that `first` is part of this past, or
  /// if they are longer than the limit; `body` may have been given some by then.
  ///
  /// Nothing is missing between two transactions of one file. Between files only numbers tell: those
  /// that were to be purged together may be gone in part, and where an epoch ended in one that is
  /// gone nobody can see how.
  ///
  /// - Parameters:
  ///   - first: The zxid before the first one.
  ///   - last: The zxid of the last one.
  ///   - files: All files in both directories, with their sizes.
  ///   - read: How to read them.
  ///   - limit: How many bytes their payloads may have together.
  ///   - body: Who takes them, in order.
  /// - Returns: Whether these are all.
  /// - Throws: An error if a file cannot be read.
  public static func transactions(
    after first: Zxid, through last: Zxid, files: [(file: StoredFile, size: Int)],
    read: ReadRange, atMost limit: Int, _ body: (Zxid, BorrowedBytes) -> Void
  ) throws(RecoveryError) -> Bool {
    guard first < last else { return first == last }
    let inventory = try Inventory(files)
    // While files are being replaced, none of them says what the past is.
    guard inventory.incomingSnapshots.isEmpty, inventory.truncations.isEmpty else { return false }
    var isKnown = inventory.snapshots.contains { $0.zxid == first }
    var previous = first
    var bytes = 0
    var isWhole = true
    for log in inventory.logs[max(0, inventory.logs.count { $0.zxid <= first } - 1)...] {
      let isFromBeginning = try log.file.isFromBeginning(read: read)
      var scan = LogScan(log.file, size: log.size)
      var isInFile = false
      try scan.run(read: read) { (_, payload) throws(RecoveryError) in
        let zxid = LogRecord.zxid(of: payload)
        defer { isInFile = true }
        if zxid == first { isKnown = true }
        guard zxid > first, zxid <= last, isWhole else { return }
        let isFirst = previous == first && first == .zero && isFromBeginning
        if previous == first, !isKnown {
          // A new leader's first transaction follows on the state that it began with.
          isKnown = first.counter == 0 && zxid == first.next || isFirst
        }
        bytes += payload.count
        let follows =
          zxid == previous.next || isFirst || isInFile && inventory.follows(zxid, previous)
        isWhole = isKnown && follows && bytes <= limit
        previous = zxid
        if isWhole { body(zxid, payload) }
      }
      if !isWhole || previous == last { break }
    }
    return isWhole && previous == last
  }
}
