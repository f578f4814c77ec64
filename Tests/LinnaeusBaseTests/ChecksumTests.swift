import LinnaeusBase
import Testing

/// Checksums against the values that their standards and other programs give.
@Suite("Checksums")
struct ChecksumTests {
  @Test("Adler-32 as RFC 1950 defines it")
  func adler32() {
    #expect(Array("Wikipedia".utf8).withBorrowedBytes(Adler32.checksum) == 0x11E6_0398)
    #expect([UInt8]().withBorrowedBytes(Adler32.checksum) == 1)
    // zlib's value for a megabyte of 0xFF, which overflows sums that are reduced too late.
    let large = [UInt8](repeating: 0xFF, count: 1 << 20)
    #expect(large.withBorrowedBytes(Adler32.checksum) == 0x8E88EF11)
    #expect(large.withBorrowedBytes(Adler32.checksum) == adler(large))
    var pieces = Adler32()
    for part in stride(from: 0, to: large.count, by: 12_345) {
      large[part..<min(part + 12_345, large.count)].withBorrowedBytes { pieces.update($0) }
    }
    #expect(pieces.value == adler(large))
    #expect(Adler32(value: pieces.value).value == pieces.value)
  }

  @Test("Adler-32 of every short length, and of random pieces")
  func adler32Lengths() {
    var random = SeededRandom(seed: 5)
    let bytes = (0..<70_000).map { _ in random.chance(1, in: 3) ? 0xFF : UInt8(random.below(256)) }
    for length in 0..<400 {
      #expect(
        bytes[..<length].withBorrowedBytes(Adler32.checksum) == adler(Array(bytes[..<length])))
    }
    for _ in 0..<20 {
      let start = random.below(1000)
      var checksum = Adler32()
      var index = start
      while index < bytes.count {
        let next = min(bytes.count, index + 1 + random.below(9000))
        bytes[index..<next].withBorrowedBytes { checksum.update($0) }
        index = next
      }
      #expect(checksum.value == adler(Array(bytes[start...])), "from \(start)")
    }
  }

  /// The definition, a byte at a time.
  private func adler(_ bytes: [UInt8]) -> UInt32 {
    var (low, high): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      low = (low + UInt32(byte)) % 65521
      high = (high + low) % 65521
    }
    return high << 16 | low
  }

  @Test("CRC-32 as IEEE 802.3 defines it, in pieces of any length")
  func crc32() {
    let digits = Array("123456789".utf8)
    for split in 0...digits.count {
      var checksum = CRC32()
      digits[..<split].withBorrowedBytes { checksum.update($0) }
      digits[split...].withBorrowedBytes { checksum.update($0) }
      #expect(checksum.value == 0xCBF4_3926)
    }
    var long = CRC32()
    Array("The quick brown fox jumps over the lazy dog".utf8).withBorrowedBytes { long.update($0) }
    #expect(long.value == 0x414F_A339)
  }

  @Test("SHA-1 of the examples of FIPS 180")
  func sha1() {
    func hex(_ text: String) -> String {
      SHA1.digest(Array(text.utf8)).map { byte in
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
      }.joined()
    }
    #expect(hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d")
    #expect(hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
    #expect(
      hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
        == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
  }
}
