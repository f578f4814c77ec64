import LinnaeusBase
import OperationHistory
import Testing

@Suite("JSON values")
struct JSONTests {
  @Test("Each kind of value")
  func values() throws {
    #expect(try json(" null ") == .null)
    #expect(try json("true") == .boolean(true))
    #expect(try json("false") == .boolean(false))
    #expect(try json("0") == .integer(0))
    #expect(try json("-0") == .integer(0))
    #expect(try json("9223372036854775807") == .integer(.max))
    #expect(try json("-9223372036854775808") == .integer(.min))
    #expect(try json("1.5") == .decimal(1.5))
    #expect(try json("1e2") == .decimal(100))
    #expect(try json("-2.5E-1") == .decimal(-0.25))
    #expect(try json("\"\"") == .string(""))
    #expect(try json("[]") == .list([]))
    #expect(try json("{}") == .map([]))
    #expect(
      try json("[1, [2], {\"a\" : null}]\n")
        == .list([
          .integer(1), .list([.integer(2)]), .map([.init(.string("a"), .null)]),
        ]))
    #expect(try json("{\"base64\":\"/wA=\"}") == .bytes([0xFF, 0]))
    #expect(try json("{\"base64\":\"/wB=\"}") == .map([.init(.string("base64"), .string("/wB="))]))
  }

  @Test("Escapes and characters of all lengths")
  func strings() throws {
    #expect(
      try json(#""\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00""#)
        == .string("\"\\/\u{8}\u{C}\n\r\tAé€😀"))
    #expect(
      try json("\"é€😀 and more than eight bytes\"") == .string("é€😀 and more than eight bytes"))
    #expect(try json(#""a\u0000b""#) == .string("a\0b"))
  }

  @Test(
    "What is no JSON is refused where it goes wrong",
    arguments: [
      ("", "1:1: the file ends inside a line, where a value is expected"),
      ("[1,", "1:4: the file ends inside a line, where a value is expected"),
      ("[1 2]", "1:4: expected `,` or `]`, found `2`"),
      ("[1,]", "1:4: expected a value, found `]`"),
      ("{\"a\" 1}", "1:6: expected `:`, found `1`"),
      ("{a:1}", "1:2: expected a field's name in double quotes, found `a`"),
      ("{\"a\":1,\n\"a\":2}", "2:1: the object has two fields of this name"),
      ("01", "1:1: a number has no zeros before its first digit"),
      ("-01", "1:2: a number has no zeros before its first digit"),
      ("00.5", "1:1: a number has no zeros before its first digit"),
      ("-", "1:2: the file ends inside a line, where a digit is expected"),
      ("1.", "1:3: the file ends inside a line, where a digit is expected"),
      ("1.x", "1:3: expected a digit, found `x`"),
      ("1e+", "1:4: the file ends inside a line, where a digit is expected"),
      ("9223372036854775808", "1:1: the integer is beyond 64 bits"),
      ("[-9223372036854775809]", "1:2: the integer is beyond 64 bits"),
      ("nul", "1:1: expected a value, found `nul`"),
      ("1 1", "1:3: expected nothing more, found `1`"),
      ("\"a", "1:3: the file ends inside a line, where the end of the string is expected"),
      (
        "\"a\nb\"",
        "1:3: expected the end of the string or an escape like `\\n`, found the end of the line"
      ),
      (
        "\"\u{1}\"",
        "1:2: expected the end of the string or an escape like `\\n`, found the byte 0x01"
      ),
      (
        #""\x""#,
        "1:3: expected one of the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u, found `x`"
      ),
      (#""\u12g4""#, "1:6: expected a hexadecimal digit, found `g4`"),
      (#""ab\ud800""#, "1:4: the escape is half of a surrogate pair without the other"),
      (#""\ud800\u0041""#, "1:2: the escape is half of a surrogate pair without the other"),
      (#""\udc00""#, "1:2: the escape is half of a surrogate pair without the other"),
    ])
  func errors(text: String, message: String) {
    let error = #expect(throws: HistoryError.self) { try json(text) }
    #expect(error?.description == message)
  }

  @Test("Bytes that are not UTF-8 are refused where they stand")
  func invalidUTF8() {
    let wrong: [[UInt8]] = [
      [0x80], [0xC0, 0x80], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
      [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF],
    ]
    for bytes in wrong {
      let text: [UInt8] = [0x22, 0x61] + bytes + [0x22]
      let error = #expect(throws: HistoryError.self) {
        try text.withUnsafeBytes { try parseJSON($0) }
      }
      #expect(error?.line == 1 && error?.column == 3, "\(bytes)")
    }
  }

  @Test("Nesting has a limit, and reaching it is an error and no end of the stack")
  func depth() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(throws: Never.self) { try json(nested(512)) }
    let error = #expect(throws: HistoryError.self) { try json(nested(513)) }
    #expect(error?.description == "1:513: lists and maps are nested more than 512 deep")
    #expect(throws: HistoryError.self) { try json(String(repeating: "[", count: 1_000_000)) }
    #expect(throws: HistoryError.self) { try json(String(repeating: "{\"a\":", count: 1_000_000)) }
  }

  @Test("An object with many fields is read in linear time, and a repeated one is found")
  func largeObjects() throws {
    let fields = (0..<50_000).map { "\"f\($0)\":\($0)" }
    guard case .map(let read) = try json("{" + fields.joined(separator: ",") + "}") else {
      Issue.record("not a map")
      return
    }
    #expect(read.count == 50_000)
    let repeated = "{" + (fields + ["\"f777\":0"]).joined(separator: ",") + "}"
    #expect(throws: HistoryError.self) { try json(repeated) }
  }

  @Test("Whatever is written reads back as the same value")
  func roundTrips() throws {
    var random = SeededRandom(seed: 11)
    for round in 0..<Int(2_000 * effort) {
      let value = randomValue(&random, depth: 4, symbols: false)
      #expect(try json(json(value)) == value, "round \(round) of seed 11: \(json(value))")
    }
  }
}

/// A value of any kind; without symbols, which JSON cannot tell from strings.
func randomValue(_ random: inout SeededRandom, depth: Int, symbols: Bool) -> Value {
  switch random.below(depth > 0 ? 11 : 8) {
  case 0: return .null
  case 1: return .boolean(random.chance(1, in: 2))
  case 2: return .integer(Int64(random.below(5)))
  case 3: return .integer(Int64(bitPattern: random.next()) >> Int64(random.below(63)))
  case 4:
    let value = Double(bitPattern: random.next())
    return .decimal(value.isNaN ? .infinity : value)
  case 5: return .string(randomText(&random))
  case 6: return symbols ? .symbol("s" + String(random.below(9))) : .string("s")
  case 7: return .bytes((0..<random.below(5)).map { _ in UInt8(random.below(256)) })
  case 8, 9:
    return .list(
      (0..<random.below(4)).map { _ in randomValue(&random, depth: depth - 1, symbols: symbols) })
  default:
    return .map(
      (0..<random.below(4)).map { index in
        .init(
          .string(randomText(&random) + String(index)),
          randomValue(&random, depth: depth - 1, symbols: symbols))
      })
  }
}

/// A few characters, some of them awkward.
func randomText(_ random: inout SeededRandom) -> String {
  let characters = ["a", "B", "7", " ", "\"", "\\", "\n", "\0", "\u{7F}", "é", "€", "😀", "/", ":"]
  return (0..<random.below(12)).map { _ in characters[random.below(characters.count)] }.joined()
}
