import LinnaeusBase
import OperationHistory
import Testing

@testable import Linearizability

/// A SHA-256, as far as certificates look at it.
let testDigest = String(repeating: "0123456789abcdef", count: 4)

func parseCertificate(_ text: String) throws(HistoryError) -> Certificate {
  try parseCertificate(Array(text.utf8))
}

func parseCertificate(_ bytes: [UInt8]) throws(HistoryError) -> Certificate {
  // Typed throws do not pass through `withUnsafeBytes` of an array.
  let result = bytes.withUnsafeBytes { raw in
    Result { () throws(HistoryError) in try Certificate.parse(raw) }
  }
  return try result.get()
}

@Suite("Certificates as text")
struct CertificateTests {
  private let header =
    "{\"certificate\":1,\"history\":\"\(testDigest)\",\"model\":\"register\","
    + "\"guarantee\":\"linearizable\",\"verdict\":"

  @Test("Orders are written as the design has it")
  func writeOrders() {
    let certificate = Certificate(
      history: testDigest, model: .register, verdict: .holds,
      parts: [
        .init(key: .integer(5), operations: [0, -2, 1, .max, .min]),
        .init(key: .null, operations: []), .init(key: nil, operations: [17]),
      ])
    let expected =
      header + "\"holds\"}\n"
      + "{\"key\":5,\"order\":[0,-2,1,9223372036854775807,-9223372036854775808]}\n"
      + "{\"key\":null,\"order\":[]}\n{\"order\":[17]}\n"
    #expect(String(decoding: certificate.write(), as: UTF8.self) == expected)
    #expect(throws: Never.self) { try #expect(parseCertificate(expected) == certificate) }
  }

  @Test("So are violations")
  func writeViolation() throws {
    var certificate = Certificate(
      history: testDigest, model: .keyValue, verdict: .violated,
      parts: [.init(key: .string("a"), operations: [3, 4])])
    certificate.parts[0].indeterminate = [4]
    certificate.parts[0].after = 2
    certificate.isPartitioned = false
    certificate.failedCas = .dropped
    let text = String(decoding: certificate.write(), as: UTF8.self)
    #expect(text.hasSuffix("{\"key\":\"a\",\"history\":[3,4],\"indeterminate\":[4],\"after\":2}\n"))
    #expect(try parseCertificate(text) == certificate)
  }

  @Test("Spaces, other orders of fields and a missing last line end are fine")
  func spaces() throws {
    let text =
      " { \"verdict\" : \"holds\" , \"guarantee\":\"linearizable\",\"model\":\"set\",\r\n"
    #expect(throws: HistoryError.self) { try parseCertificate(text) }
    let loose =
      header + "\"holds\"}\r\n { \"order\" : [ 1 ,\t2 ] , \"key\" : \"x y\" } "
    #expect(
      try parseCertificate(loose).parts == [.init(key: .string("x y"), operations: [1, 2])])
  }

  @Test(
    "What is wrong is named with line and column",
    arguments: [
      ("", "1:1: expected `{`"),
      ("{}", "1:2: expected a value"),
      ("{\"certificate\":2}\n", "1: expected `\"certificate\":1` in the first line"),
      (
        "{\"certificate\":1}\n",
        "1: the first line has the fields history, model, guarantee and"
          + " verdict"
      ),
      ("{\"certificate\":1,\"certificate\":1}", "1:18: the field `certificate` is there twice"),
      ("{\"certificate\":1,\"order\":1}", "1:18: no field `order` belongs here"),
      ("{\"history\":\"0123\"}", "1:12: expected 64 hexadecimal digits"),
      ("{\"model\":\"tree\"}", "1:10: expected the name of a model"),
      ("{\"verdict\":\"unknown\"}", "1:12: expected `holds` or `violated`"),
      ("{\"guarantee\":\"sequential\"}", "1:14: expected `linearizable`"),
    ])
  func headerErrors(_ text: String, _ message: String) {
    let error = #expect(throws: HistoryError.self) { try parseCertificate(text) }
    #expect(error?.description == message)
  }

  @Test(
    "Lines are strict too",
    arguments: [
      ("\"holds\"}\n{\"key\":1}", "2:1: the line has no `order`"),
      ("\"holds\"}\n{\"history\":[1]}", "2:2: no field `history` belongs here"),
      ("\"holds\"}\n{\"order\":[1,]}", "2:13: expected an integer"),
      ("\"holds\"}\n{\"order\":[01]}", "2:11: expected an integer"),
      ("\"holds\"}\n{\"order\":[1.5]}", "2:12: expected `]`"),
      (
        "\"holds\"}\n{\"order\":[9223372036854775808]}", "2:11: expected an integer of 64 bits"
      ),
      ("\"holds\"}\n{\"order\":[1]} x", "2:15: expected the end of the line"),
      ("\"holds\"}\n\n", "2:1: expected `{`"),
      ("\"holds\"}\n{\"order\":[1]", "2:13: expected `}`"),
      ("\"violated\"}\n", "2:1: expected a line with the `history` that has no order"),
      (
        "\"violated\"}\n{\"history\":[1]}\n{\"history\":[1]}",
        "3:1: a violation is proved by one line, and this is a second"
      ),
    ])
  func lineErrors(_ rest: String, _ message: String) {
    let error = #expect(throws: HistoryError.self) { try parseCertificate(header + rest) }
    #expect(error?.description == message)
  }

  @Test("Mutated bytes end in a certificate or in an error")
  func mutated() {
    let text =
      header + "\"violated\"}\n{\"key\":\"a\\\"b\",\"history\":[3,4],\"indeterminate\":[4]}\n"
    let original = Array(text.utf8)
    for seed in 0..<UInt64(Effort.scaled(2000)) {
      var random = SeededRandom(seed: seed)
      var bytes = original
      for _ in 0...random.below(3) where !bytes.isEmpty {
        let index = random.below(bytes.count)
        switch random.below(3) {
        case 0: bytes[index] = UInt8(random.below(256))
        case 1: bytes.removeSubrange(index..<min(bytes.count, index + 1 + random.below(9)))
        default: bytes.insert(original[random.below(original.count)], at: index)
        }
      }
      do {
        let certificate = try parseCertificate(bytes)
        #expect(try parseCertificate(certificate.write()) == certificate, "seed \(seed)")
      } catch {
        #expect(error.line > 0, "seed \(seed): \(error)")
      }
    }
  }
}
