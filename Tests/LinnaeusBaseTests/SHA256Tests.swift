import LinnaeusBase
import Testing

private func hex(_ text: String) -> String {
  Array(text.utf8).withUnsafeBytes { SHA256.hex($0) }
}

@Test("SHA-256 of the examples of FIPS 180-4")
func knownDigests() {
  #expect(hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  #expect(hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  #expect(
    hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
      == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
  #expect(
    hex(String(repeating: "a", count: 100_000))
      == "6d1cf22d7cc09b085dfc25ee1a1f3ae0265804c607bc2074ad253bcc82fd81ee")
}

@Test("SHA-256 does not depend on how the bytes are cut into pieces")
func digestInPieces() {
  var random = SeededRandom(seed: 1)
  for length in 0..<200 {
    let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    var whole = SHA256()
    bytes.withUnsafeBytes { whole.update($0) }
    var pieces = SHA256()
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = 1 + random.below(min(rest.count, 90))
      Array(rest.prefix(count)).withUnsafeBytes { pieces.update($0) }
      rest = rest.dropFirst(count)
    }
    #expect(whole.finish() == pieces.finish(), "length \(length)")
  }
}
