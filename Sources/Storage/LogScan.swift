import Jute
import LinnaeusBase

/// Reads a log from its beginning to where no transaction stands any more.
package struct LogScan {
  let file: StoredFile
  let size: Int
  /// Where the last whole transaction ends; 0 if not even the header is right.
  package private(set) var end = 0
  /// How many transactions were read.
  package private(set) var count = 0
  /// Why there is none at `end`.
  package private(set) var reason = ""

  private static let chunk = 1 << 20

  package init(_ file: StoredFile, size: Int) {
    self.file = file
    self.size = size
  }

  /// Hands each transaction to `body`, with its offset.
  package mutating func run(
    read: ReadRange, _ body: (Int, BorrowedBytes) throws(RecoveryError) -> Void
  ) throws(RecoveryError) {
    var wanted = Self.chunk
    while true {
      let bytes: [UInt8]
      do { bytes = try read(file, end, min(wanted, size - end)) } catch {
        throw .unreadable(file, error)
      }
      let step = bytes.withBorrowedBytes { bytes in walk(bytes, body) }
      switch step {
      case .stopped: return
      case .failed(let error): throw error
      case .needs(let more):
        // The file is shorter than it was said to be.
        if bytes.count < min(wanted, size - end), end + bytes.count < size, more > bytes.count {
          reason = "the file ends there"
          return
        }
        wanted = max(Self.chunk, more)
      }
    }
  }

  private enum Step {
    case needs(Int)
    case stopped
    case failed(RecoveryError)
  }

  /// Takes apart the bytes from `end` on.
  private mutating func walk(
    _ bytes: BorrowedBytes, _ body: (Int, BorrowedBytes) throws(RecoveryError) -> Void
  ) -> Step {
    var position = 0
    if end == 0 {
      var reader = ByteReader(bytes)
      guard let header = try? FileHeader(from: &reader) else {
        reason = "the file has no whole header"
        return .stopped
      }
      guard header.magic == FileHeader.logMagic, header.version == FileHeader.log.version else {
        reason = "the header is not that of a log"
        return .stopped
      }
      position = FileHeader.size
      end = position
    }
    while true {
      let rest = BorrowedBytes(UnsafeRawBufferPointer(rebasing: bytes.buffer[position...]))
      switch LogRecord.find(in: rest, rest: size - end) {
      case .record(let payload):
        do throws(RecoveryError) { try body(end, payload) } catch { return .failed(error) }
        position += LogRecord.size(payload: payload.count)
        end += LogRecord.size(payload: payload.count)
        count += 1
      case .more(let count): return .needs(count)
      case .none(let reason):
        self.reason = reason
        return .stopped
      }
    }
  }
}

extension StoredFile {
  /// Whether a log says that no transaction was before its first one.
  ///
  /// An ensemble's first transaction may be of any epoch. A log that begins a database, and is not
  /// there yet as part of a snapshot, has -1 in the header's field that Apache never looks at.
  func isFromBeginning(read: ReadRange) throws(RecoveryError) -> Bool {
    let bytes: [UInt8]
    do { bytes = try read(self, 0, FileHeader.size) } catch { throw .unreadable(self, error) }
    return bytes.withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      return (try? FileHeader(from: &reader)) == .firstLog
    }
  }
}

extension FileHeader {
  /// Of a log before which no transaction was.
  static let firstLog = FileHeader(magic: logMagic, version: log.version, database: -1)
}
