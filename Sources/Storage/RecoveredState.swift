import LinnaeusBase

/// What recovery found and did.
public struct RecoveredState: Sendable {
  /// The last transaction that is part of the state.
  public internal(set) var lastZxid = Zxid.zero
  /// The snapshot that was restored; nil if there was none.
  public internal(set) var snapshot: Zxid?
  /// How many transactions were replayed on top of it.
  public internal(set) var replayedTransactions = 0
  /// How many bytes of log these were.
  public internal(set) var replayedBytes = 0
  /// What somebody should know.
  public internal(set) var warnings: [RecoveryWarning] = []

  /// The last epoch that the server has promised to follow; nil if there is no such file.
  public internal(set) var acceptedEpoch: Int64?
  /// The last epoch whose leader's history it has taken over; nil if there is no such file.
  public internal(set) var currentEpoch: Int64?

  /// Whether nothing at all was found: a brand-new server.
  public internal(set) var isNew = true
  /// The snapshots that were restored or not looked at, in ascending order.
  var snapshots: [Zxid] = []
  /// The logs that hold a transaction, in ascending order.
  var logs: [Zxid] = []
  /// Snapshots that are incomplete or damaged.
  var damagedSnapshots: [StoredFile] = []
  /// The snapshots of those that have a file of replies beside them.
  var replies: [Zxid] = []
  /// Files that hold nothing, or nothing that counts, to be removed.
  var leftovers: [StoredFile] = []
  /// Logs that were replayed, and where each ends: cut there and synced before anything else.
  var openEnds: [(file: StoredFile, end: Int)] = []
  /// Whether what came after the last transaction was left out because of a limit.
  var isTruncated = false
  /// The marks of truncations that were not carried out to their end, in ascending order.
  var truncations: [Zxid] = []
  /// Whether the snapshot came from the leader, and has not its usual name yet.
  var isIncoming = false

  /// Of a server without any files.
  public init() {}
}

/// Something that recovery got along with.
public enum RecoveryWarning: Hashable, Sendable, CustomStringConvertible {
  /// The end of the log cannot be read, and nothing follows it: it was being written when the server
  /// stopped, and nobody was told of it; or its very last transaction is damaged, which nothing can
  /// tell apart.
  case tornEnd(StoredFile, offset: Int, bytes: Int, last: Zxid, reason: String)
  /// The end of the log was being written in one go when the server stopped: of several transactions
  /// that nobody was told of, the first did not reach the disk whole, a later one did.
  case tornBatch(StoredFile, offset: Int, bytes: Int, last: Zxid)
  /// The snapshot is incomplete or damaged, and an older one was restored.
  case damagedSnapshot(StoredFile, reason: String)
  /// There is no snapshot, but all logs from the first transaction on.
  case restoredWithoutSnapshot
  /// What was answered before the snapshot cannot be read, and is forgotten.
  case damagedReplies(StoredFile)

  /// A sentence for the server's log.
  public var description: String {
    switch self {
    case .tornEnd(let file, let offset, let bytes, let last, let reason):
      """
      \(file) ends with \(bytes) bytes at offset \(offset) that are no whole transaction \
      (\(reason)); they are cut off, as nothing follows them. The last transaction is \(last). \
      Whether writing was interrupted there, or the very last transaction was damaged later, \
      cannot be told
      """
    case .tornBatch(let file, let offset, let bytes, let last):
      """
      \(file) was being written when the server stopped: its last \(bytes) bytes, from offset \
      \(offset), reached the disk in part and are cut off; nobody was told of them. The last \
      transaction is \(last)
      """
    case .damagedSnapshot(let file, let reason):
      "\(file) is incomplete or damaged (\(reason)) and is not used"
    case .restoredWithoutSnapshot:
      "there is no snapshot: everything was replayed from the first transaction on"
    case .damagedReplies(let file):
      "\(file) is incomplete or damaged: requests of before that are sent again may be done again"
    }
  }
}

/// Why the state cannot be recovered: the server must not start.
public enum RecoveryError: Error, Hashable, Sendable {
  /// The system could not read a file.
  case unreadable(StoredFile, SystemError)
  /// The log is damaged where later transactions prove that it was whole.
  case damagedLog(StoredFile, offset: Int, reason: String)
  /// A transaction does not follow the one before.
  case missingTransactions(StoredFile, offset: Int, after: Zxid, found: Zxid)
  /// A newer snapshot than all that can be read says that transactions existed which no log has.
  case logEndsEarly(last: Zxid, snapshot: StoredFile, reason: String)
  /// A transaction is whole but makes no sense.
  case refusedTransaction(StoredFile, offset: Int, reason: String)
  /// A log lies in the directory of snapshots, or the reverse.
  case misplaced(StoredFile)
  /// What is there cannot be cut short at the limit that was asked for, or not surely.
  case cannotEnd(at: Zxid, reason: String)
  /// The file of an epoch does not hold one.
  case malformedEpoch(StoredFile)
  /// A snapshot that the leader sent replaced everything else, and is damaged now.
  case damagedIncomingSnapshot(StoredFile, reason: String)
}

extension RecoveryError: CustomStringConvertible {
  /// Sentences for the server's log: file, offset, and what to do.
  public var description: String {
    switch self {
    case .unreadable(let file, let error): return "\(file) cannot be read: \(error)"
    case .damagedLog(let file, let offset, let reason):
      return """
        \(file) is damaged at offset \(offset): \(reason). \(Self.remedy(file, offset))
        """
    case .missingTransactions(let file, let offset, let after, let found):
      return """
        \(file) has transaction \(found) at offset \(offset), but the one before it is \(after): \
        those between are missing. Put back the logs that hold them. \
        \(Self.remedy(file, offset))
        """
    case .logEndsEarly(let last, let snapshot, let reason):
      return """
        \(snapshot) cannot be used (\(reason)), and the logs end at \(last), before it. \
        Restore the directories from a copy; or, to give up everything after \(last), move \
        \(snapshot) away and start again
        """
    case .refusedTransaction(let file, let offset, let reason):
      return """
        the transaction at offset \(offset) of \(file) cannot be applied: \(reason). \
        \(Self.remedy(file, offset))
        """
    case .misplaced(let file):
      return """
        \(file) lies in the wrong directory: dataDir and dataLogDir are not what they were when it \
        was written. Correct them, or move the file
        """
    case .cannotEnd(let limit, let reason):
      return "the state cannot be cut short at \(limit): \(reason)"
    case .malformedEpoch(let file):
      return """
        \(file) holds no epoch, which is a number in decimal digits. \(Self.remedyOfMember)
        """
    case .damagedIncomingSnapshot(let file, let reason):
      return """
        \(file) came from the leader in place of everything before, and cannot be used \
        (\(reason)). \(Self.remedyOfMember)
        """
    }
  }

  private static let remedyOfMember = """
    Restore the directories from a copy; or, if the other servers of the ensemble are a quorum \
    without this one, move both directories away and start again
    """

  private static func remedy(_ file: StoredFile, _ offset: Int) -> String {
    """
    Restore the directories from a copy; or, to give up this transaction and all after it, keep a \
    copy, cut the file there (truncate -s \(offset) \(file)), move all later logs and snapshots \
    away, and start again
    """
  }
}
