import Jute
import LinnaeusBase

/// What stands after the last whole transaction of a log, and what it means.
///
/// The log is written into zeros. While a batch is on its way, any of its sectors may have reached
/// the disk, and the others are zeros still; everything before the batch is durable. So there are
/// three cases when something but zeros follows:
///
/// - No whole transaction follows: writing was interrupted, or the very last one is damaged.
/// - A whole one follows, and a sector of what is missing before it is nothing but zeros: a batch was
///   interrupted. It is no longer than a batch, and no single flipped bit explains the damage (a
///   transaction may hold zeros of its own).
/// - A whole one follows otherwise: what was durable is damaged.
package enum LogTail {
  /// What a tail is.
  package enum Verdict: Hashable {
    /// Nothing but zeros.
    case clean
    /// So many bytes, after which nothing follows.
    case torn(bytes: Int)
    /// So many bytes of a batch that was interrupted.
    case tornBatch(bytes: Int)
    /// Transactions follow, the first one at this offset of the file; nil: too much follows.
    case damaged(next: Int?)
  }

  /// Only so much can have been on its way at once: a batch, and a transaction longer than any.
  static let longestBatch = 16 << 20
  static let sector = 512

  /// Tells what the bytes of the file from `end` on are, `last` being the zxid before them.
  package static func judge(
    _ file: StoredFile, size: Int, end: Int, last: Zxid, read: ReadRange
  ) throws(SystemError) -> Verdict {
    let used = try lastUsed(file, size: size, end: end, read: read)
    guard used > end else { return .clean }
    guard used - end <= longestBatch else { return .damaged(next: nil) }
    let tail = try read(file, end, used - end)
    return tail.withBorrowedBytes { tail in
      guard let next = firstRecord(in: tail, from: end == 0 ? FileHeader.size : 1, after: last)
      else { return .torn(bytes: tail.count) }
      if hasLostSector(tail, before: next, at: end), !SingleFlip.explains(tail[0..<next]) {
        return .tornBatch(bytes: tail.count)
      }
      return .damaged(next: end + next)
    }
  }

  /// Whether there is any whole transaction after `last` in a log.
  static func hasTransaction(
    _ file: StoredFile, size: Int, after last: Zxid, read: ReadRange
  ) throws(SystemError) -> Bool {
    let used = try lastUsed(file, size: size, end: 0, read: read)
    let bytes = try read(file, 0, min(used, longestBatch))
    return bytes.withBorrowedBytes {
      firstRecord(in: $0, from: FileHeader.size, after: last) != nil
    }
  }

  /// The offset after the last byte of the file that is not zero, no less than `end`.
  private static func lastUsed(
    _ file: StoredFile, size: Int, end: Int, read: ReadRange
  ) throws(SystemError) -> Int {
    let chunk = 1 << 20
    var upper = size
    while upper > end {
      let lower = max(end, upper - chunk)
      let bytes = try read(file, lower, upper - lower)
      let index = bytes.withUnsafeBytes { lastNonzero($0) }
      if let index { return lower + index + 1 }
      upper = lower
    }
    return end
  }

  private static func lastNonzero(_ bytes: UnsafeRawBufferPointer) -> Int? {
    var count = bytes.count
    while count >= 8, bytes.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self) == 0 {
      count -= 8
    }
    return bytes[..<count].lastIndex { $0 != 0 }
  }

  /// Where the first whole transaction after `last` begins, at `start` or later.
  private static func firstRecord(
    in bytes: BorrowedBytes, from start: Int, after last: Zxid
  ) -> Int? {
    var index = start
    while index + LogRecord.size(payload: TransactionHeader.size) <= bytes.count {
      let rest = bytes[index..<bytes.count]
      if case .record(let payload) = LogRecord.find(in: rest, rest: rest.count),
        LogRecord.zxid(of: payload) > last
      {
        return index
      }
      index += 1
    }
    return nil
  }

  /// Whether a sector of the bytes before `next`, where a transaction begins, never reached the
  /// disk; the bytes lie at this offset of the file.
  ///
  /// The sector in which that transaction begins did reach it, unless what lies of it there is nothing
  /// but zeros: four every checksum begins with, and a fifth is no wonder.
  static func hasLostSector(_ bytes: BorrowedBytes, before next: Int, at offset: Int) -> Bool {
    var index = 0
    while index < next {
      let boundary = (offset + index) / sector * sector + sector - offset
      guard boundary <= bytes.count else { return false }
      if boundary - index > 4, bytes.buffer[index..<boundary].allSatisfy({ $0 == 0 }) {
        return true
      }
      index = boundary
    }
    return false
  }
}

/// Tells whether a transaction would be whole if one bit were another.
enum SingleFlip {
  /// Whether that is so for the transaction at the beginning of the bytes.
  static func explains(_ bytes: BorrowedBytes) -> Bool {
    guard bytes.count > LogRecord.headSize else { return false }
    let stored = Int64(bigEndian: bytes.buffer.loadUnaligned(as: Int64.self))
    let length = Int32(bigEndian: bytes.buffer.loadUnaligned(fromByteOffset: 8, as: Int32.self))
    if explains(bytes, length: length, stored: stored, mayDiffer: true) { return true }
    return (0..<32).contains {
      explains(bytes, length: length ^ 1 << $0, stored: stored, mayDiffer: false)
    }
  }

  /// Whether the transaction has this length and is whole but for at most one bit, or is quite whole.
  private static func explains(
    _ bytes: BorrowedBytes, length: Int32, stored: Int64, mayDiffer: Bool
  ) -> Bool {
    let length = Int(length)
    guard length >= TransactionHeader.size, LogRecord.size(payload: length) <= bytes.count else {
      return false
    }
    let payload = bytes[LogRecord.headSize..<LogRecord.headSize + length]
    let mark = bytes[LogRecord.headSize + length] ^ LogRecord.endMark
    let computed = Adler32.checksum(payload)
    if Int64(computed) == stored { return mark == 0 || mayDiffer && mark.nonzeroBitCount == 1 }
    guard mayDiffer, mark == 0 else { return false }
    if (Int64(computed) ^ stored).nonzeroBitCount == 1 { return true }
    guard let stored = UInt32(exactly: stored) else { return false }
    return isOneBitAway(payload, computed: computed, stored: stored)
  }

  /// Whether one bit of the payload turns its checksum into the stored one.
  ///
  /// A byte that grows by d adds d to the low half of an Adler-32, and d times its distance from the
  /// end to the high half, both modulo 65521.
  private static func isOneBitAway(
    _ payload: BorrowedBytes, computed: UInt32, stored: UInt32
  ) -> Bool {
    let modulus = 65_521
    func difference(_ left: UInt32, _ right: UInt32) -> Int {
      (Int(left) - Int(right) + 2 * modulus) % modulus
    }
    let low = difference(computed & 0xFFFF, stored & 0xFFFF)
    let high = difference(computed >> 16, stored >> 16)
    for bit in 0..<8 {
      for isSet in [true, false] {
        // The bit is set now and was not, or the reverse.
        guard low == (isSet ? 1 << bit : modulus - 1 << bit) else { continue }
        var distance = 1
        while distance <= min(modulus, payload.count) {
          if low * distance % modulus == high { break }
          distance += 1
        }
        while distance <= payload.count {
          if payload[payload.count - distance] >> UInt8(bit) & 1 == (isSet ? 1 : 0) { return true }
          distance += modulus
        }
      }
    }
    return false
  }
}
