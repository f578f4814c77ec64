import LinnaeusBase

/// A file of the database: a name in one of the two directories.
public struct StoredFile: Hashable, Sendable, CustomStringConvertible {
  /// Where a file lies; both may be the same directory of the system.
  public enum Directory: Hashable, Sendable {
    /// `version-2` in `dataLogDir`.
    case log
    /// `version-2` in `dataDir`.
    case snapshot
  }

  /// Where it lies.
  public var directory: Directory
  /// What it is called there.
  public var name: String

  /// Names a file.
  public init(_ directory: Directory, _ name: String) {
    self.directory = directory
    self.name = name
  }

  /// The log whose first transaction is `zxid`.
  public static func log(_ zxid: Zxid) -> StoredFile {
    StoredFile(.log, logPrefix + zxid.hexadecimal)
  }

  /// The snapshot of the state after `zxid`.
  public static func snapshot(_ zxid: Zxid) -> StoredFile {
    StoredFile(.snapshot, snapshotPrefix + zxid.hexadecimal)
  }

  /// The snapshot while it is being written: a name that Apache takes for none of its files.
  public static func unfinishedSnapshot(_ zxid: Zxid) -> StoredFile {
    snapshot(zxid).unfinished
  }

  /// A snapshot from the leader that is whole and takes the place of everything else, until that is
  /// removed and it gets its usual name.
  static func incomingSnapshot(_ zxid: Zxid) -> StoredFile {
    StoredFile(.snapshot, incomingPrefix + snapshotPrefix + zxid.hexadecimal)
  }

  /// An empty file whose presence says that nothing after `zxid` counts.
  static func truncation(_ zxid: Zxid) -> StoredFile {
    StoredFile(.snapshot, truncationPrefix + zxid.hexadecimal)
  }

  /// What was answered to the clients' requests, as of the snapshot of that zxid.
  static func replies(_ zxid: Zxid) -> StoredFile {
    StoredFile(.snapshot, repliesPrefix + zxid.hexadecimal)
  }

  /// The file that holds an epoch.
  static func epoch(_ name: EpochFileName) -> StoredFile { StoredFile(.snapshot, name.rawValue) }

  /// The file while it is being written: a name that Apache takes for none of its files.
  var unfinished: StoredFile { StoredFile(directory, Self.unfinishedPrefix + name) }

  /// The zxid in the name of a log; nil if it is none.
  public var logZxid: Zxid? { zxid(after: Self.logPrefix) }

  /// The zxid in the name of a snapshot; nil if it is none.
  public var snapshotZxid: Zxid? { zxid(after: Self.snapshotPrefix) }

  /// The zxid in the name of a snapshot that Apache has compressed; nil if it is none.
  var compressedSnapshotZxid: Zxid? {
    for suffix in [".gz", ".snappy"] where name.hasSuffix(suffix) {
      return StoredFile(directory, String(name.dropLast(suffix.count))).snapshotZxid
    }
    return nil
  }

  var incomingSnapshotZxid: Zxid? { zxid(after: Self.incomingPrefix + Self.snapshotPrefix) }

  var truncationZxid: Zxid? { zxid(after: Self.truncationPrefix) }

  var repliesZxid: Zxid? { zxid(after: Self.repliesPrefix) }

  /// Whether nothing but a crash left it behind.
  var isUnfinished: Bool { name.hasPrefix(Self.unfinishedPrefix) }

  /// `log.1`: its name.
  public var description: String { name }

  private static let logPrefix = "log."
  private static let snapshotPrefix = "snapshot."
  private static let unfinishedPrefix = "unfinished."
  private static let incomingPrefix = "incoming."
  private static let truncationPrefix = "truncate."
  private static let repliesPrefix = "replies."

  private func zxid(after prefix: String) -> Zxid? {
    guard name.hasPrefix(prefix) else { return nil }
    let digits = name.dropFirst(prefix.count)
    guard let value = UInt64(digits, radix: 16), digits.utf8.first != UInt8(ascii: "+") else {
      return nil
    }
    return Zxid(rawValue: Int64(bitPattern: value))
  }
}
