import Jute
import LinnaeusBase

/// The two files in which a server of an ensemble keeps what it has promised: decimal digits.
public enum EpochFileName: String, Hashable, Sendable {
  /// The last epoch that it has promised to follow.
  case accepted = "acceptedEpoch"
  /// The last epoch whose leader's history it has taken over.
  case current = "currentEpoch"

  /// Reads the contents of such a file; nil if they are no epoch.
  static func epoch(in bytes: [UInt8]) -> Int64? {
    // Whoever wrote it by hand may have ended the line.
    let digits = bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...]
    guard !digits.isEmpty, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int64(String(decoding: digits, as: UTF8.self))
  }
}

/// An epoch that has become durable.
public struct DurableEpoch: Hashable, Sendable {
  /// Which file has it.
  public var file: EpochFileName
  /// Its number.
  public var epoch: Int64
}

/// A small file that takes the place of the one of its name at once, or not at all.
struct FileReplacement: Sendable {
  var file: StoredFile
  /// The sync of its bytes, then of its name.
  var awaited: Ticket
  var isNamed = false
}

/// The file of replies beside a snapshot: magic number, version, length, bytes, Adler-32 of all that.
enum RepliesFile {
  /// `LNRP`.
  static let magic: Int32 = 0x4C4E_5250
  static let version: Int32 = 1
  private static let headSize = 16
  private static let checksumSize = 8

  static func contents(_ replies: [UInt8]) -> [UInt8] {
    var writer = ByteWriter(capacity: headSize + replies.count + checksumSize)
    writer.int32(magic)
    writer.int32(version)
    writer.int64(Int64(replies.count))
    writer.append(replies)
    writer.int64(Int64(writer.bytes.withBorrowedBytes { Adler32.checksum($0) }))
    return writer.bytes
  }

  /// What is in a whole file; nil if it is none.
  static func replies(in file: BorrowedBytes) -> BorrowedBytes? {
    var reader = ByteReader(file)
    do throws(ByteReaderError) {
      guard try reader.int32() == magic, try reader.int32() == version,
        try reader.int64() == Int64(file.count - headSize - checksumSize)
      else { return nil }
      let replies = try reader.take(file.count - headSize - checksumSize)
      let checksum = Adler32.checksum(file[0..<file.count - checksumSize])
      return try reader.int64() == Int64(checksum) ? replies : nil
    } catch {
      return nil
    }
  }
}

extension DurableStorage {
  // MARK: Epochs

  /// Writes an epoch to its file, in place of the one that is there.
  ///
  /// It is durable once ``StorageProgress/epochs`` has it. Epochs are written in the order in which
  /// they are given. One that cannot be written is a failure like one of the log's.
  public mutating func writeEpoch(
    _ file: EpochFileName, _ epoch: Int64, into operations: inout [DiskOperation]
  ) {
    precondition(epoch >= 0, "epochs are counted from 0")
    guard failure == nil else { return }
    epochs.append((DurableEpoch(file: file, epoch: epoch), nil))
    beginEpoch(into: &operations)
  }

  /// Begins to write the next epoch, unless one is on its way.
  mutating func beginEpoch(into operations: inout [DiskOperation]) {
    guard failure == nil, !hasRepairs, let next = epochs.first,
      next.replacement == nil
    else { return }
    epochs[0].replacement = beginReplacement(
      of: .epoch(next.epoch.file), by: Array("\(next.epoch.epoch)".utf8), into: &operations)
  }

  /// Goes on with the epoch that is being written; the one that is durable now.
  mutating func advanceEpoch(
    completed ticket: Ticket, into operations: inout [DiskOperation]
  ) -> DurableEpoch? {
    guard failure == nil, let next = epochs.first, let replacement = next.replacement,
      replacement.awaited == ticket
    else { return nil }
    epochs[0].replacement = advance(replacement, into: &operations)
    guard epochs[0].replacement == nil else { return nil }
    epochs.removeFirst()
    beginEpoch(into: &operations)
    return next.epoch
  }

  // MARK: Replacing a file

  /// Writes the bytes under another name.
  mutating func beginReplacement(
    of file: StoredFile, by bytes: [UInt8], into operations: inout [DiskOperation]
  ) -> FileReplacement {
    let number = issueNumber()
    let ticket = issueTicket()
    operations.append(.create(file.unfinished, number))
    operations.append(.write(number, offset: 0, bytes: bytes))
    operations.append(.sync(number, ticket))
    operations.append(.close(number))
    return FileReplacement(file: file, awaited: ticket)
  }

  /// The ticket is done that was awaited: the file gets its name; nil if that is durable.
  mutating func advance(
    _ replacement: FileReplacement, into operations: inout [DiskOperation]
  ) -> FileReplacement? {
    guard !replacement.isNamed else { return nil }
    let ticket = issueTicket()
    operations.append(.rename(replacement.file.unfinished, to: replacement.file))
    operations.append(.syncDirectory(replacement.file.directory, ticket))
    return FileReplacement(file: replacement.file, awaited: ticket, isNamed: true)
  }
}
