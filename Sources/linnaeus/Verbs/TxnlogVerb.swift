import Jute
import LinnaeusBase
import OperationHistory
import Storage

/// `linnaeus txnlog`: prints logs and snapshots, ours or Apache's.
struct TxnlogVerb: Verb {
  /// The words of `--format`.
  enum Format: String, CaseIterable {
    case text, json
  }

  static let help = VerbHelp(
    name: "txnlog",
    overview: "Print transaction logs and snapshots.",
    discussion: [
      "Prints a line for each transaction of a log, and for each session and znode of a snapshot,"
        + " whether Linnaeus or Apache ZooKeeper wrote it. Every checksum is compared; what can be"
        + " read of a damaged file is printed before the error, which names file and offset."
    ],
    usage: "[--format <format>] <file> ...",
    arguments: [
      ("<file>", "A file log.ZXID or snapshot.ZXID, known by its content; or - for standard input.")
    ],
    options: [
      Option("--format", value: "<format>", "text or json (an object a line). (default: text)")
    ])

  private let format: Format
  private let files: [String]

  init(_ arguments: ParsedArguments) throws(UsageError) {
    format = try arguments.choice("--format", of: Format.self) ?? .text
    guard !arguments.operands.isEmpty else {
      throw UsageError(message: "txnlog takes one or more files")
    }
    files = arguments.operands
  }

  func run() -> ExitCode {
    var code = ExitCode.success
    var printer = DatabasePrinter(format: format)
    for file in files {
      do {
        let input = try InputBytes(path: file)
        let problem = withExtendedLifetime(input) {
          printer.printFile(file, BorrowedBytes(input.bytes), isOneOfMany: files.count > 1)
        }
        if let failure = printer.finish() { return Output.lost(failure) }
        if let problem {
          System.complain("linnaeus: \(file): \(problem)\n")
          code.combine(.malformed)
        }
      } catch {
        code.combine(FileFailure(error).complain())
      }
    }
    return code
  }
}

/// Prints the files of a database to standard output.
struct DatabasePrinter {
  let format: TxnlogVerb.Format
  private var text: [UInt8] = []
  private var failure: SystemError?

  init(format: TxnlogVerb.Format) {
    self.format = format
  }

  /// Prints what can be read of a file, and returns what is wrong with it.
  mutating func printFile(
    _ name: String, _ bytes: BorrowedBytes, isOneOfMany: Bool
  ) -> String? {
    if isOneOfMany, format == .text { text += "\(name):\n".utf8 }
    var reader = ByteReader(bytes)
    switch try? reader.int32() {
    case FileHeader.logMagic: return printLog(name, bytes)
    case FileHeader.snapshotMagic: return printSnapshot(name, bytes)
    case nil: return "offset \(bytes.count): a log or a snapshot was expected, and the file ends"
    default: return "offset 0: this is neither a log nor a snapshot"
    }
  }

  /// Writes what is left; the error, if anything could not be written.
  mutating func finish() -> SystemError? {
    flush()
    return failure
  }

  private mutating func flush() {
    guard failure == nil else { return }
    do { try System.write(text, toFile: "-") } catch { failure = error }
    text.removeAll(keepingCapacity: true)
  }

  private mutating func line(_ kind: String, of file: String, _ fields: [Value.Field]) {
    switch format {
    case .json:
      let head = [Value.Field("file", .string(file)), Value.Field("kind", .string(kind))]
      appendJSON(.map(head + fields), to: &text)
    case .text:
      text += kind.utf8
      DatabaseText.append(fields, to: &text)
    }
    text.append(UInt8(ascii: "\n"))
    if text.count > 1 << 16 { flush() }
  }

  // MARK: Logs

  private mutating func printLog(_ name: String, _ bytes: BorrowedBytes) -> String? {
    let file = StoredFile(.log, name)
    let read = { (_: StoredFile, offset: Int, count: Int) throws(SystemError) -> [UInt8] in
      bytes[offset..<min(bytes.count, offset + count)].array
    }
    var problem: String?
    var last = Zxid.zero
    var scan = LogScan(file, size: bytes.count)
    do {
      try scan.run(read: read) { (offset, payload) throws(RecoveryError) in
        var reader = ByteReader(payload)
        do throws(ByteReaderError) {
          let header = try TransactionHeader(from: &reader)
          last = header.zxid
          let fields = try DatabaseText.transaction(header, from: &reader)
          line("transaction", of: name, [Value.Field("offset", .integer(Int64(offset)))] + fields)
        } catch {
          let place = offset + LogRecord.headSize + error.position
          problem = problem ?? "offset \(place): \(error.message), in a transaction of \(last)"
        }
      }
      if let problem { return problem }
      let verdict = try LogTail.judge(
        file, size: bytes.count, end: scan.end, last: last, read: read)
      if scan.end == 0, verdict == .clean { return "offset 0: \(scan.reason)" }
      return Self.problem(verdict, scan)
    } catch {
      return "\(error)"
    }
  }

  private static func problem(_ verdict: LogTail.Verdict, _ scan: LogScan) -> String? {
    switch verdict {
    case .clean: nil
    case .torn(let bytes):
      """
      offset \(scan.end): \(bytes) bytes that are no whole transaction (\(scan.reason)), and \
      nothing after them: writing was interrupted, or the last transaction is damaged. A server \
      cuts them off when it starts
      """
    case .tornBatch(let bytes):
      """
      offset \(scan.end): the last \(bytes) bytes reached the disk in part (\(scan.reason)): \
      writing was interrupted. A server cuts them off when it starts
      """
    case .damaged(let next?):
      """
      offset \(scan.end): the log is damaged (\(scan.reason)); a later transaction at offset \
      \(next) is whole
      """
    case .damaged(nil):
      "offset \(scan.end): the log is damaged (\(scan.reason)), and much more follows"
    }
  }

  // MARK: Snapshots

  private mutating func printSnapshot(_ name: String, _ bytes: BorrowedBytes) -> String? {
    var reader = ByteReader(bytes)
    do throws(ByteReaderError) {
      _ = try FileHeader(from: &reader)
      let counts = try printBody(name, &reader)
      let end = reader.position
      var checksum = Adler32()
      checksum.update(bytes[0..<end])
      let tail = bytes[end..<bytes.count]
      // The mark that ends the znodes belongs to what layouts are told by.
      let layouts = SnapshotFile.layouts(tail: bytes[end - 5..<bytes.count], size: bytes.count)
      guard let layout = layouts.first(where: { $0.size == tail.count }) else {
        return "offset \(end): \(tail.count) bytes follow the last znode, which are no seals"
      }
      let (isWhole, digest) = SnapshotFile.verify(tail, layout, checksum: checksum)
      guard isWhole else { return "offset \(end): the checksum is wrong" }
      line(
        "snapshot", of: name,
        [
          Value.Field("sessions", .integer(counts.sessions)),
          Value.Field("znodes", .integer(counts.znodes)),
          Value.Field("digest", digest.map { DatabaseText.hexadecimal($0) } ?? .null),
        ])
      return nil
    } catch {
      return "offset \(error.position): \(error.message)"
    }
  }

  private mutating func printBody(
    _ name: String, _ reader: inout ByteReader
  ) throws(ByteReaderError) -> (sessions: Int64, znodes: Int64) {
    let sessions = try reader.count(elementSize: 12) ?? 0
    for _ in 0..<sessions {
      let session = DatabaseText.hexadecimal(UInt64(bitPattern: try reader.int64()))
      let timeout = Int64(try reader.int32())
      line(
        "session", of: name,
        [Value.Field("session", session), Value.Field("timeout", .integer(timeout))])
    }
    // −1 is everything to everybody, and never listed.
    var lists: [Int64: Value] = [-1: DatabaseText.list(ACL.open)]
    for _ in 0..<(try reader.count(elementSize: 12) ?? 0) {
      let id = try reader.int64()
      lists[id] = DatabaseText.list(try ACL.list(from: &reader))
    }
    var znodes: Int64 = 0
    while true {
      let path = try reader.stringOrEmpty()
      if path == "/" { return (Int64(sessions), znodes) }
      let data = try reader.buffer()
      let id = try reader.int64()
      let list = lists[id] ?? .string("unknown list \(id)")
      let stat = try PersistedStat(from: &reader)
      line("znode", of: name, DatabaseText.znode(path, data: data, list: list, stat))
      znodes += 1
    }
  }
}
