import Jute
import LinnaeusBase

/// What is told of a transaction that was applied, to whoever compares servers (the simulator).
package struct AppliedMark: Hashable, Sendable {
  /// The transaction.
  package var zxid: Zxid
  /// The session that asked for it, and the number of that request; 0 for errors, and for the
  /// beginning and the end of a session.
  package var session: Int64 = 0
  package var xid: Int32 = 0
  /// The checksum of its bytes: header, record and digest.
  package var checksum: UInt32
  /// The digest of the tree after it.
  package var digest: UInt64

  /// Describes a transaction that a tree has just applied.
  package init(zxid: Zxid, payload: BorrowedBytes, digest: UInt64) {
    var crc = CRC32()
    crc.update(payload)
    self.zxid = zxid
    checksum = crc.value
    self.digest = digest
    var reader = ByteReader(payload)
    guard let header = try? TransactionHeader(from: &reader),
      ![.error, .createSession, .closeSession].contains(header.opcode)
    else { return }
    session = header.session
    xid = header.xid
  }
}
