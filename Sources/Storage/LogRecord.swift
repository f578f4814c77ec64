import Jute
import LinnaeusBase

/// A transaction in the log: checksum, length, payload, `B` (zookeeper-protocol.md, section 6.1).
package enum LogRecord {
  /// What stands before the payload: a long checksum, an int length.
  package static let headSize = 12
  /// What stands after it.
  static let endMark = UInt8(ascii: "B")
  /// Nothing longer was ever written: `jute.maxbuffer` is a megabyte unless somebody raises it.
  static let longestPayload = 1 << 28

  /// How many bytes a payload of this size takes.
  package static func size(payload: Int) -> Int { headSize + payload + 1 }

  /// Appends a transaction.
  package static func write(_ payload: BorrowedBytes, to writer: inout ByteWriter) {
    writer.int64(Int64(Adler32.checksum(payload)))
    writer.int32(Int32(payload.count))
    writer.append(payload)
    writer.uint8(endMark)
  }

  /// What stands at a place in a log.
  package enum Found {
    /// A transaction.
    case record(payload: BorrowedBytes)
    /// Perhaps one, but only so many bytes in all would tell.
    case more(Int)
    /// None, and why.
    case none(String)
  }

  /// Looks for a transaction at the beginning of the bytes, which are all of the file's from there
  /// if `rest` is their number.
  package static func find(in bytes: BorrowedBytes, rest: Int) -> Found {
    guard rest >= headSize else { return .none("the file ends after \(rest) bytes") }
    guard bytes.count >= headSize else { return .more(headSize) }
    let checksum = Int64(bigEndian: bytes.buffer.loadUnaligned(as: Int64.self))
    let length = Int(
      Int32(bigEndian: bytes.buffer.loadUnaligned(fromByteOffset: 8, as: Int32.self)))
    guard length >= TransactionHeader.size, length <= longestPayload else {
      return .none(length == 0 ? "there is no length" : "\(length) is no length")
    }
    guard size(payload: length) <= rest else {
      return .none("\(length) bytes are announced, and the file ends after \(rest - headSize)")
    }
    guard size(payload: length) <= bytes.count else { return .more(size(payload: length)) }
    guard bytes[headSize + length] == endMark else { return .none("the end mark is missing") }
    let payload = bytes[headSize..<headSize + length]
    guard Int64(Adler32.checksum(payload)) == checksum else {
      return .none("the checksum is wrong")
    }
    return .record(payload: payload)
  }

  /// The zxid in a payload that is long enough for a header.
  static func zxid(of payload: BorrowedBytes) -> Zxid {
    Zxid(
      rawValue: Int64(
        bigEndian: payload.buffer.loadUnaligned(fromByteOffset: 12, as: Int64.self)))
  }
}
