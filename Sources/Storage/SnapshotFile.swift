import Jute
import LinnaeusBase

/// Reads a snapshot (zookeeper-protocol.md, section 6.2).
package struct SnapshotFile {
  /// What a snapshot has after its body: seals, and perhaps sections that are sealed as well.
  package struct Layout: Hashable {
    package var hasDigest: Bool
    package var hasLastZxid: Bool

    package static let all = [
      Layout(hasDigest: true, hasLastZxid: true), Layout(hasDigest: true, hasLastZxid: false),
      Layout(hasDigest: false, hasLastZxid: true), Layout(hasDigest: false, hasLastZxid: false),
    ]

    static let sealSize = 13
    static let digestSize = 20
    static let lastZxidSize = 8

    /// How many bytes it has.
    package var size: Int {
      Self.sealSize + (hasDigest ? Self.digestSize + Self.sealSize : 0)
        + (hasLastZxid ? Self.lastZxidSize + Self.sealSize : 0)
    }
  }

  /// What came of reading one.
  package enum Outcome: Hashable {
    /// It was restored.
    case whole
    /// It is incomplete or damaged, and why.
    case damaged(String)
  }

  /// What ends the body, and every seal: the string `/`.
  private static let mark: [UInt8] = [0, 0, 0, 1, UInt8(ascii: "/")]
  private static let chunk = 1 << 20

  /// The ways in which the last bytes of a file of this size can be read, the shortest body first.
  package static func layouts(tail: BorrowedBytes, size: Int) -> [Layout] {
    Layout.all.filter { layout in
      guard FileHeader.size + mark.count + layout.size <= size else { return false }
      var end = tail.count
      func takeMark(and count: Int) -> Bool {
        guard end >= mark.count + count, tail[end - mark.count..<end] == mark else { return false }
        end -= mark.count + count
        return true
      }
      if layout.hasLastZxid, !takeMark(and: 8 + Layout.lastZxidSize) { return false }
      if layout.hasDigest, !takeMark(and: 8 + Layout.digestSize) { return false }
      return takeMark(and: 8) && takeMark(and: 0)
    }
  }

  /// Whether all seals are right, `checksum` being that of everything before `tail`.
  ///
  /// - Returns: nil if one is not; else the digest, if there is one that can be compared.
  package static func verify(
    _ tail: BorrowedBytes, _ layout: Layout, checksum: Adler32
  ) -> (isWhole: Bool, digest: UInt64?) {
    var checksum = checksum
    var reader = ByteReader(tail)
    var digest: UInt64?
    func seal() throws(ByteReaderError) -> Bool {
      guard try reader.int64() == Int64(checksum.value) else { return false }
      _ = try reader.take(mark.count)
      checksum.update(reader.passed(since: reader.position - Layout.sealSize))
      return true
    }
    do throws(ByteReaderError) {
      guard try seal() else { return (false, nil) }
      if layout.hasDigest {
        let section = try reader.take(Layout.digestSize)
        checksum.update(section)
        var fields = ByteReader(section)
        _ = try fields.zxid()
        let stored = try TransactionDigest(from: &fields)
        if stored.version == TransactionDigest.currentVersion { digest = stored.digest }
        guard try seal() else { return (false, nil) }
      }
      if layout.hasLastZxid {
        checksum.update(try reader.take(Layout.lastZxidSize))
        guard try seal() else { return (false, nil) }
      }
      return (true, digest)
    } catch {
      return (false, nil)
    }
  }

  let file: StoredFile
  let size: Int
  private var checksum = Adler32()
  private var offset = 0
  private var problem: String?

  init(_ file: StoredFile, size: Int) {
    self.file = file
    self.size = size
  }

  /// Feeds the body to the sink, and checks the seals.
  mutating func restore<Sink: RecoverySink>(
    zxid: Zxid, read: ReadRange, into sink: inout Sink
  ) throws(SystemError) -> Outcome {
    let largest = Self.mark.count + (Layout.all.map(\.size).max() ?? 0)
    let tailStart = max(0, size - largest)
    let tail = try read(file, tailStart, size - tailStart)
    let layouts = tail.withBorrowedBytes { Self.layouts(tail: $0, size: size) }
    guard !layouts.isEmpty else { return .damaged("it has no end") }
    sink.beginSnapshot(zxid: zxid)
    for layout in layouts {
      let bodyEnd = size - layout.size
      try feed(upTo: bodyEnd, read: read, into: &sink)
      if let problem { return .damaged(problem) }
      let end = tail[(bodyEnd - tailStart)...]
      let (isWhole, digest) = end.withBorrowedBytes {
        Self.verify($0, layout, checksum: checksum)
      }
      guard isWhole else { continue }
      do throws(ByteReaderError) {
        try sink.endSnapshot(digest: digest)
        return .whole
      } catch {
        return .damaged("\(error)")
      }
    }
    return .damaged("the checksum is wrong")
  }

  private mutating func feed<Sink: RecoverySink>(
    upTo end: Int, read: ReadRange, into sink: inout Sink
  ) throws(SystemError) {
    while offset < end, problem == nil {
      let wanted = min(Self.chunk, end - offset)
      let bytes = try read(file, offset, wanted)
      guard bytes.count == wanted else {
        problem = "the file ends at byte \(offset + bytes.count)"
        return
      }
      bytes.withBorrowedBytes { bytes in
        checksum.update(bytes)
        var body = bytes
        if offset == 0 {
          var reader = ByteReader(bytes)
          let header = try? FileHeader(from: &reader)
          guard let header, header.magic == FileHeader.snapshotMagic,
            header.version == FileHeader.snapshot.version
          else {
            problem = "the header is not that of a snapshot"
            return
          }
          body = reader.takeRest()
        }
        do throws(ByteReaderError) { try sink.restore(body) } catch { problem = "\(error)" }
      }
      offset += wanted
    }
  }
}
