import OperationHistory

extension Certificate {
  /// Reads what ``write()`` wrote.
  ///
  /// It is strict: a field that is unknown, missing or there twice is an error.
  ///
  /// - Throws: `HistoryError` with line and column.
  /// - Complexity: O(n) in the number of bytes.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer
  ) throws(HistoryError) -> Certificate {
    var reader = CertificateReader(bytes)
    return try reader.read()
  }
}

/// Reads a certificate's lines, each a JSON object of a few known fields.
private struct CertificateReader {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  private var line = 1
  private var lineStart = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  // MARK: Lines

  mutating func read() throws(HistoryError) -> Certificate {
    var certificate = try header()
    while position < bytes.count {
      let start = position
      let part = try part(certificate.verdict)
      if certificate.verdict == .violated, !certificate.parts.isEmpty {
        throw error(at: start, "a violation is proved by one line, and this is a second")
      }
      certificate.parts.append(part)
    }
    if certificate.verdict == .violated, certificate.parts.isEmpty {
      throw error(at: position, "expected a line with the `history` that has no order")
    }
    return certificate
  }

  private mutating func header() throws(HistoryError) -> Certificate {
    var version: Int64?
    var digest: String?
    var model: ModelName?
    var verdict: Verdict?
    var guarantee: String?
    var isPartitioned: Bool?
    var failedCas: FailedCasRule?
    try object { (reader, name) throws(HistoryError) in
      switch name {
      case "certificate":
        version = try reader.integer()
      case "history":
        digest = try reader.word("64 hexadecimal digits") { Self.isDigest($0) ? $0 : nil }
      case "model":
        model = try reader.word("the name of a model", ModelName.init(rawValue:))
      case "guarantee":
        guarantee = try reader.word("`linearizable`") { $0 == "linearizable" ? $0 : nil }
      case "verdict":
        verdict = try reader.word("`holds` or `violated`") {
          Verdict(rawValue: $0).flatMap { $0 == .unknown ? nil : $0 }
        }
      case "partitioned":
        isPartitioned = try reader.boolean()
      case "failedCas":
        failedCas = try reader.word("a rule for failed cas", FailedCasRule.init(rawValue:))
      default: return false
      }
      return true
    }
    guard version == 1 else {
      throw HistoryError(line: 1, "expected `\"certificate\":1` in the first line")
    }
    guard let digest, let model, let verdict, guarantee != nil else {
      throw HistoryError(
        line: 1, "the first line has the fields history, model, guarantee and verdict")
    }
    var certificate = Certificate(history: digest, model: model, verdict: verdict, parts: [])
    certificate.isPartitioned = isPartitioned ?? true
    certificate.failedCas = failedCas
    return certificate
  }

  private mutating func part(_ verdict: Verdict) throws(HistoryError) -> Certificate.Part {
    var key: Value?
    var operations: [Int64]?
    var indeterminate: [Int64] = []
    var after: Int64?
    let start = position
    try object { (reader, name) throws(HistoryError) in
      switch (name, verdict) {
      case ("key", _): key = try reader.value()
      case ("order", .holds), ("history", .violated): operations = try reader.integers()
      case ("indeterminate", .violated): indeterminate = try reader.integers()
      case ("after", .violated): after = try reader.integer()
      default: return false
      }
      return true
    }
    guard let operations else {
      let name = verdict == .holds ? "order" : "history"
      throw error(at: start, "the line has no `\(name)`")
    }
    var part = Certificate.Part(key: key, operations: operations)
    part.indeterminate = indeterminate
    part.after = after
    return part
  }

  private static func isDigest(_ text: String) -> Bool {
    text.utf8.count == 64
      && text.utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }

  // MARK: JSON

  /// Reads an object and the end of its line; `field` reads a value and says no to unknown names.
  private mutating func object(
    _ field: (inout CertificateReader, String) throws(HistoryError) -> Bool
  ) throws(HistoryError) {
    try expect("{")
    var seen: Set<String> = []
    while true {
      skipSpace()
      let start = position
      guard case .string(let name) = try value() else {
        throw error(at: start, "expected the name of a field")
      }
      guard seen.insert(name).inserted else {
        throw error(at: start, "the field `\(name)` is there twice")
      }
      try expect(":")
      guard try field(&self, name) else {
        throw error(at: start, "no field `\(name)` belongs here")
      }
      skipSpace()
      if next == UInt8(ascii: ",") {
        position += 1
        continue
      }
      try expect("}")
      break
    }
    skipSpace()
    if position == bytes.count { return }
    guard next == UInt8(ascii: "\n") else {
      throw error(at: position, "expected the end of the line")
    }
    position += 1
    line += 1
    lineStart = position
  }

  /// A string that `convert` understands.
  private mutating func word<Word>(
    _ expected: String, _ convert: (String) -> Word?
  ) throws(HistoryError) -> Word {
    skipSpace()
    let start = position
    guard case .string(let text) = try value(), let word = convert(text) else {
      throw error(at: start, "expected \(expected)")
    }
    return word
  }

  private mutating func boolean() throws(HistoryError) -> Bool {
    skipSpace()
    let start = position
    guard case .boolean(let value) = try value() else {
      throw error(at: start, "expected true or false")
    }
    return value
  }

  private mutating func integers() throws(HistoryError) -> [Int64] {
    try expect("[")
    var numbers: [Int64] = []
    skipSpace()
    if next == UInt8(ascii: "]") {
      position += 1
      return numbers
    }
    while true {
      numbers.append(try integer())
      skipSpace()
      if next == UInt8(ascii: ",") {
        position += 1
        continue
      }
      try expect("]")
      return numbers
    }
  }

  private mutating func integer() throws(HistoryError) -> Int64 {
    skipSpace()
    let start = position
    let isNegative = next == UInt8(ascii: "-")
    if isNegative { position += 1 }
    var number: Int64 = 0
    var digits = 0
    while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
      let digit = Int64(byte - UInt8(ascii: "0"))
      let tens = number.multipliedReportingOverflow(by: 10)
      let sum =
        isNegative
        ? tens.partialValue.subtractingReportingOverflow(digit)
        : tens.partialValue.addingReportingOverflow(digit)
      guard !tens.overflow, !sum.overflow else {
        throw error(at: start, "expected an integer of 64 bits")
      }
      number = sum.partialValue
      position += 1
      digits += 1
    }
    let hasLeadingZero = digits > 1 && bytes[position - digits] == UInt8(ascii: "0")
    guard digits > 0, !hasLeadingZero else { throw error(at: start, "expected an integer") }
    return number
  }

  /// Any JSON value.
  private mutating func value() throws(HistoryError) -> Value {
    skipSpace()
    let start = position
    skipValue()
    guard position > start else { throw error(at: start, "expected a value") }
    do {
      return try parseJSON(UnsafeRawBufferPointer(rebasing: bytes[start..<position]))
    } catch {
      let offset = max(error.column - 1, 0)
      throw self.error(at: start + offset, error.message)
    }
  }

  /// Goes behind a value of the line, without understanding it.
  private mutating func skipValue() {
    var depth = 0
    while let byte = next, byte != UInt8(ascii: "\n") {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\n") {
          position += byte == UInt8(ascii: "\\") && position + 1 < bytes.count ? 2 : 1
        }
        if next == UInt8(ascii: "\"") { position += 1 }
        if depth == 0 { return }
        continue
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"):
        if depth == 0 { return }
        depth -= 1
        if depth == 0 {
          position += 1
          return
        }
      case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: " "), UInt8(ascii: "\t"),
        UInt8(ascii: "\r"):
        if depth == 0 { return }
      default: break
      }
      position += 1
    }
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next,
      byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    {
      position += 1
    }
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(HistoryError) {
    skipSpace()
    guard next == UInt8(ascii: character) else {
      throw error(at: position, "expected `\(character)`")
    }
    position += 1
  }

  private func error(at position: Int, _ message: String) -> HistoryError {
    HistoryError(line: line, column: position - lineStart + 1, message)
  }
}
