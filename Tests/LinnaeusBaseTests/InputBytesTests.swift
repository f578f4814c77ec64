import Glibc
import LinnaeusBase
import Testing

/// A file that is removed when the test ends.
private final class TemporaryFile {
  let path: String

  init(_ bytes: [UInt8]) throws {
    var template = Array("/tmp/linnaeus-XXXXXX".utf8CString)
    let file = mkstemp(&template)
    try #require(file >= 0)
    defer { close(file) }
    path = String(
      decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { bytes in
        bytes.baseAddress.map { write(file, $0 + written, bytes.count - written) } ?? -1
      }
      try #require(count > 0)
      written += count
    }
  }

  deinit { unlink(path) }
}

@Test("A file's bytes, whether it is read or mapped", arguments: [0, 1, 4_095, 4_096, 1 << 21])
func readsFiles(size: Int) throws {
  var random = SeededRandom(seed: UInt64(size))
  let bytes = (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  let file = try TemporaryFile(bytes)
  let input = try InputBytes(path: file.path)
  #expect(input.bytes.elementsEqual(bytes))
  withExtendedLifetime(input) {}
}

@Test("Files whose size the system does not tell are read to their end")
func readsWithoutSize() throws {
  let input = try InputBytes(path: "/proc/self/status")
  #expect(input.bytes.starts(with: "Name:".utf8))
  withExtendedLifetime(input) {}
}

@Test("What cannot be read says which call failed, and why")
func errors() {
  let missing = #expect(throws: SystemError.self) { try InputBytes(path: "no such file") }
  #expect(missing?.description == "open no such file: No such file or directory")
  let folder = #expect(throws: SystemError.self) { try InputBytes(path: "/") }
  #expect(folder?.description == "read /: Is a directory")
}
