import LinnaeusBase

/// The number that an open file has between Storage, which chooses it, and the driver.
public struct FileNumber: RawRepresentable, Hashable, Sendable {
  /// Never used twice by one ``DurableStorage``.
  public var rawValue: UInt32

  /// Takes the number.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }
}

/// What the driver tells to say that something is durable now, or never will be.
public struct Ticket: RawRepresentable, Hashable, Comparable, Sendable {
  /// Tickets are issued in ascending order, from 1.
  public var rawValue: UInt64

  /// Takes the number.
  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// Whether one was issued before the other.
  public static func < (left: Ticket, right: Ticket) -> Bool { left.rawValue < right.rawValue }
}

/// What the driver does with its disk.
///
/// Operations are executed in the order in which they were appended, one at a time. Those with a
/// ticket are answered: `completed(ticket)` once they are done, `failed(ticket, errno)` if they
/// cannot be. An operation without a ticket that fails is told by the next one with a ticket that
/// concerns the same file or directory, which is then not executed: ``DiskFailures`` keeps count.
public enum DiskOperation: Hashable, Sendable {
  /// Makes an empty file, and opens it to write; one of that name is replaced.
  case create(StoredFile, FileNumber)
  /// Opens an existing file.
  case open(StoredFile, FileNumber)
  /// Grows the file with zeros to that many bytes, if it can: that it cannot is no failure.
  case preallocate(FileNumber, upTo: Int)
  /// Cuts the file to that many bytes.
  case truncate(FileNumber, to: Int)
  /// Writes bytes at a place.
  case write(FileNumber, offset: Int, bytes: [UInt8])
  /// Makes what was written durable, and as much of the size as that needs: `fdatasync`.
  case sync(FileNumber, Ticket)
  /// Closes the file, whose number is never used again.
  case close(FileNumber)
  /// Renames a file within its directory; one that has the new name is replaced.
  case rename(StoredFile, to: StoredFile)
  /// Removes a file; that it cannot be removed is no failure.
  case remove(StoredFile)
  /// Removes a file that would do harm if it came back; that it cannot be removed is a failure, told
  /// by the next sync of its directory.
  case erase(StoredFile)
  /// Makes durable what was created, renamed and removed in the directory.
  case syncDirectory(StoredFile.Directory, Ticket)

  /// The ticket that must be answered.
  public var ticket: Ticket? {
    switch self {
    case .sync(_, let ticket), .syncDirectory(_, let ticket): ticket
    default: nil
    }
  }

  fileprivate var number: FileNumber? {
    switch self {
    case .create(_, let number), .open(_, let number), .preallocate(let number, _),
      .truncate(let number, _), .write(let number, _, _), .sync(let number, _), .close(let number):
      number
    case .rename, .remove, .erase, .syncDirectory: nil
    }
  }
}

/// Which files and directories an operation has failed on, so that nothing more is done to them.
///
/// Drivers share it: ask ``refusal(of:)`` before each operation, ``record(_:errno:)`` after a
/// failed one.
public struct DiskFailures: Sendable {
  private var files: [(number: FileNumber, errno: Int32)] = []
  private var directories: [(directory: StoredFile.Directory, errno: Int32)] = []

  /// Starts with no failure.
  public init() {}

  /// The `errno` for which the operation must not be executed; its ticket, if any, has then failed.
  ///
  /// A file that failed may still be closed; nothing but a sync of a directory is ever refused for
  /// a name that could not be changed.
  public func refusal(of operation: DiskOperation) -> Int32? {
    switch operation {
    case .close, .rename, .remove, .erase: return nil
    case .syncDirectory(let directory, _):
      return directories.first { $0.directory == directory }?.errno
    default:
      return files.first { $0.number == operation.number }?.errno
    }
  }

  /// Takes note of an operation that failed.
  public mutating func record(_ operation: DiskOperation, errno: Int32) {
    switch operation {
    case .preallocate, .remove, .close: break
    case .rename(_, let file), .erase(let file): directories.append((file.directory, errno))
    case .syncDirectory(let directory, _): directories.append((directory, errno))
    default: if let number = operation.number { files.append((number, errno)) }
    }
  }
}
