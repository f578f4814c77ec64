/// Reads histories of all formats.
///
/// The *native* format and Jepsen's *JSON lines* hold an object a line, Jepsen's *EDN* a map a line
/// or one vector of maps; tags such as `#jepsen.history.Op` before maps are skipped. The objects'
/// fields are those of Jepsen, and all but the first three may be missing:
///
/// | field | meaning |
/// |---|---|
/// | `type` | `invoke`, or how the operation ended: `ok`, `fail`, `info` (nobody knows) |
/// | `process` | an integer: the client; one operation of it is open at a time, but for `op` |
/// | `f` | the function |
/// | `key` | the object asked about |
/// | `value` | the argument; in a completion, the result |
/// | `error` | why the operation failed |
/// | `time` | nanoseconds; decides in native files what precedes what, elsewhere only tells |
/// | `op` | an integer, unique in the file: pairs the two records of an operation |
/// | `path` | in native files: the key, which is the path of a znode |
/// | `index` | in Jepsen's files: the number of the record from 0, which is its place anyway |
///
/// All other fields are kept, as maps, in `HistoryOperation.invocationFields` and
/// `completionFields`. In EDN the names are keywords. Values are what JSON and EDN can say; integers
/// must fit in 64 bits; `{"base64":"…"}` in JSON and `#base64 "…"` in EDN are bytes.
///
/// A record with a `process` that is no integer is an annotation, as Jepsen's of the nemesis are; in
/// native files so is every record of another `type`, and those of recipes (`acquired`, `released`,
/// `effect`). Native files begin with a line `{"linnaeus":1,…}`. In Jepsen's files, a history of
/// `independent` objects has `[key value]` as each value: if every operation has, the two are
/// taken apart.
///
/// A *log* is what Jepsen prints, `INFO  jepsen.util - 0 :invoke :read nil`, among other lines.
///
/// Errors name the line and the column, in bytes from 1. Nothing is read past an error.
public struct HistoryReader {
  /// Reads a history.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - format: what it is; if nil, its first bytes tell.
  /// - Returns: the history; it does not refer to `bytes`.
  /// - Throws: if the bytes are no history.
  public static func read(
    _ bytes: UnsafeRawBufferPointer, format: HistoryFormat? = nil
  ) throws(HistoryError) -> History {
    let scanner = ByteScanner(bytes)
    let recognised = if let format { format } else { try recognise(scanner) }
    switch recognised {
    case .native, .jsonl:
      var reader = JSONLinesReader(scanner, format: recognised)
      return try reader.read()
    case .edn:
      var reader = EDNReader(scanner)
      return try reader.read()
    case .log:
      var reader = LogReader(scanner)
      return try reader.read()
    }
  }

  /// The format that the first bytes tell.
  private static func recognise(_ file: ByteScanner) throws(HistoryError) -> HistoryFormat {
    var bytes = file
    bytes.skipByteOrderMark()
    skipSpace(&bytes)
    switch bytes.current {
    case 0 where bytes.position == bytes.end: return .jsonl
    case UInt8(ascii: "{"):
      bytes.position += 1
      skipSpace(&bytes)
      if bytes.starts(with: "\"linnaeus\"") { return .native }
      return bytes.current == UInt8(ascii: "\"") ? .jsonl : .edn
    case UInt8(ascii: "["):
      if isArrayOfObjects(bytes) { return .jsonl }
      return .edn
    case UInt8(ascii: "("), UInt8(ascii: "#"), UInt8(ascii: ";"): return .edn
    default: break
    }
    if isLog(bytes) { return .log }
    throw bytes.expected(
      "a history: JSON lines that begin {\"linnaeus\":1 or {\"type\", EDN that begins {:type or [,"
        + " or a log of Jepsen's")
  }

  private static func skipSpace(_ bytes: inout ByteScanner) {
    while bytes.current == 0x20 || (0x09...0x0D).contains(bytes.current) { bytes.position += 1 }
  }

  private static func isArrayOfObjects(_ start: ByteScanner) -> Bool {
    var bytes = start
    bytes.position += 1
    skipSpace(&bytes)
    guard bytes.skip(UInt8(ascii: "{")) else { return false }
    skipSpace(&bytes)
    return bytes.current == UInt8(ascii: "\"")
  }

  /// Whether the file begins with the level of a line of a log, or one of its first lines tells of
  /// an operation.
  private static func isLog(_ start: ByteScanner) -> Bool {
    var bytes = start
    for level in ["INFO", "WARN", "ERROR", "DEBUG"] as [StaticString]
    where bytes.starts(with: level) {
      return true
    }
    let whole = bytes.end
    for _ in 0..<100 where bytes.position < whole {
      var end = bytes.position
      while end < whole, end - bytes.position < 10_000, bytes.bytes[end] != UInt8(ascii: "\n") {
        end += 1
      }
      bytes.end = end
      if LogReader.isOperation(bytes) { return true }
      bytes.end = whole
      bytes.position = min(end + 1, whole)
    }
    return false
  }
}
