import LinnaeusBase

/// A transaction in the log: checksum, length, payload, `B` (zookeeper-protocol.md, section 6.1).
enum LogRecord {
  /// What stands before the payload: a long checksum, an int length.
  static let headSize = 12
  /// What stands after it.
  static let endMark = UInt8(ascii: "B")
  /// Nothing longer was ever written: twice `jute.maxbuffer` is Apache's limit, unless it is raised.
  static let longestPayload = 1 << 28

  /// How many bytes a payload of this size takes.
  static func size(payload: Int) -> Int { headSize + payload + 1 }

  /// Appends a transaction.
  static func write(_ payload: BorrowedBytes, to writer: inout ByteWriter) {
    writer.int64(Int64(Adler32.checksum(payload)))
    writer.int32(Int32(payload.count))
    writer.append(payload)
    writer.uint8(endMark)
  }
}
