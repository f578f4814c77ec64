import Jute
import LinnaeusBase

/// Who takes in what recovery reads.
public protocol RecoverySink {
  /// A snapshot of the state after `zxid` begins: what was restored before is void. Without any
  /// snapshot the fresh state counts, and this is not called.
  mutating func beginSnapshot(zxid: Zxid)
  /// The next piece of the snapshot's body, in order: sessions, access-control lists, znodes, `/`.
  mutating func restore(_ bytes: BorrowedBytes) throws(ByteReaderError)
  /// The body is complete and its checksums are right; `digest` is that of the tree, if it has one.
  mutating func endSnapshot(digest: UInt64?) throws(ByteReaderError)
  /// The next transaction, whose checksum is right: header, record and digest.
  mutating func replay(_ payload: BorrowedBytes) throws(ByteReaderError)
}

/// The ends of files as the driver reads them: the bytes from `offset` on, `count` of them, or fewer
/// at the end of the file.
public typealias ReadRange =
  (_ file: StoredFile, _ offset: Int, _ count: Int) throws(SystemError) -> [UInt8]

extension DurableStorage {
  /// Reads the newest snapshot that is whole, and replays the logs on top of it.
  ///
  /// Nothing is written: ``flush(into:)`` of the storage that goes on from the result does that.
  ///
  /// - Parameters:
  ///   - files: all files in both directories, with their sizes.
  ///   - read: how to read them.
  ///   - sink: who takes in the state.
  /// - Returns: what was found.
  /// - Throws: if the server must not start.
  public static func recover<Sink: RecoverySink>(
    _ files: [(file: StoredFile, size: Int)], read: ReadRange, into sink: inout Sink
  ) throws(RecoveryError) -> RecoveredState {
    RecoveredState()
  }
}
