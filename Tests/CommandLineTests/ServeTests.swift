import Glibc
import LinnaeusBase
import Testing

@Suite("linnaeus serve")
struct ServeTests {
  /// A server that was started with some arguments, after its first line.
  private final class Serving {
    let line: String
    private let process: ChildProcess
    private let errors: Int32

    init(_ arguments: [String], environment: [String]? = nil) throws {
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0 else { throw SystemError(errno: errno, call: "pipe", path: "") }
      _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
      _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
      let input = try Scratch.anonymousFile("")
      errors = try Scratch.anonymousFile("")
      process = try ChildProcess(
        Program.path, ["serve"] + arguments, environment: environment, input: input,
        output: ends[1], error: errors)
      close(input)
      close(ends[1])
      var line: [UInt8] = []
      var byte: UInt8 = 0
      while read(ends[0], &byte, 1) == 1, byte != 10 { line.append(byte) }
      close(ends[0])
      self.line = String(decoding: line, as: UTF8.self)
    }

    deinit { close(errors) }

    /// Sends a signal and waits for the end.
    func stop(_ signal: Int32) -> (ending: ChildProcess.Ending, errors: String) {
      process.send(signal)
      let ending = process.wait().0
      return (ending, Scratch.text(of: errors))
    }
  }

  /// What a four-letter word is answered with at the address that the first line tells.
  private func ask(_ word: String, _ line: String) throws -> String {
    let address = try #require(line.split(separator: " ").first { $0.contains(":") })
    let port = try #require(address.split(separator: ":").last.flatMap { UInt16($0) })
    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(client) }
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let result = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(result == 0)
    send(client, word, word.utf8.count, Int32(MSG_NOSIGNAL))
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(client, &buffer, buffer.count, 0)
      guard count > 0 else { return String(decoding: text, as: UTF8.self) }
      text += buffer[..<count]
    }
  }

  @Test("Without arguments it takes a free port and a new folder, and ends on SIGTERM")
  func withoutArguments() throws {
    let scratch = try Scratch()
    let run = try Serving([], environment: ["TMPDIR=\(scratch.path)"])
    #expect(run.line.hasPrefix("linnaeus serves 127.0.0.1:"))
    #expect(run.line.contains(" from \(scratch.path)/linnaeus-"))
    #expect(try ask("srvr", run.line).contains("Mode: standalone\n"))
    #expect(run.stop(SIGTERM).ending == .exit(0))
  }

  @Test("A zoo.cfg says where; warnings name its lines, and options go before it")
  func configurationFile() throws {
    let scratch = try Scratch()
    let file = try scratch.write(
      """
      dataDir=\(scratch.path)/data
      clientPort=1
      clientPortAddress=127.0.0.1
      4lw.commands.whitelist=ruok
      nonsense=1
      """, to: "zoo.cfg")
    let run = try Serving([file, "--port", "0", "--admin-port", "0", "--log-level", "warning"])
    #expect(run.line.contains(" from \(scratch.path)/data, http://127.0.0.1:"))
    #expect(try ask("ruok", run.line) == "imok")
    #expect(
      try ask("srvr", run.line) == "srvr is not executed because it is not in the whitelist.\n")
    let ended = run.stop(SIGINT)
    #expect(ended.ending == .exit(0))
    #expect(ended.errors.contains("WARN \(file):5: unknown key 'nonsense' has no effect\n"))
    #expect(!ended.errors.contains("INFO"))
  }

  @Test("What is wrong is told in a sentence, with the exit code for it")
  func failures() throws {
    let scratch = try Scratch()
    func fails(_ arguments: [String], _ code: Int32, _ text: String) throws {
      let run = try Program.Started(["serve"] + arguments, input: "").finish()
      #expect(run.ending == .exit(code), "\(arguments)")
      #expect(run.errors.contains(text), "\(run.errors)")
    }
    let bad = try scratch.write("clientPort=x\n", to: "bad.cfg")
    try fails([bad], 65, "\(bad):1: clientPort takes a whole number from 0 to 65535, not 'x'")
    let empty = try scratch.write("", to: "empty.cfg")
    try fails([empty], 65, "\(empty): clientPort is not set")
    try fails(["\(scratch.path)/none.cfg"], 66, "No such file or directory")
    try fails(["--port", "70000"], 64, "--port takes a port from 0 to 65535, not '70000'")
    try fails(["--log-level", "loud"], 64, "--log-level takes one of")
    try fails(["a", "b"], 64, "serve takes one zoo.cfg")
    try fails(["--port", "0", "--data", "/dev/null/data"], 66, "/dev/null")
    let run = try Serving(["--data", "\(scratch.path)/d"])
    let port = try #require(
      run.line.split(separator: " ").first { $0.contains(":") }?.split(separator: ":").last)
    #expect(try ask("ruok", run.line) != "")
    try fails(["--port", "0", "--data", "\(scratch.path)/d"], 66, "is in use by another server")
    try fails(
      ["--address", "127.0.0.1", "--port", String(port), "--data", "\(scratch.path)/e"], 66,
      "Address already in use")
    #expect(run.stop(SIGTERM).ending == .exit(0))
  }

  @Test("A damaged log is named, with what to do, and the exit code of malformed input")
  func damaged() throws {
    let scratch = try Scratch()
    try scratch.write("", to: "version-2/log.1")
    // The first transaction is damaged; the second proves that it was whole once.
    var log = ByteWriter()
    log.append(Array("ZKLG".utf8))
    log.int32(2)
    log.int64(0)
    for zxid in 1...2 as ClosedRange<Int64> {
      var session = ByteWriter()
      session.int64(0x100_0000_0000_0000)
      session.int32(0)
      session.int64(zxid)
      session.int64(1_795_382_819_000)
      session.int32(-10)
      session.int32(30_000)
      let checksum = session.bytes.withBorrowedBytes { Adler32.checksum($0) }
      log.int64(Int64(checksum) + (zxid == 1 ? 1 : 0))
      log.int32(Int32(session.count))
      log.append(session.bytes)
      log.uint8(UInt8(ascii: "B"))
    }
    let file = open("\(scratch.path)/version-2/log.1", O_WRONLY)
    write(file, log.bytes, log.count)
    close(file)

    let run = try Serving(["--port", "0", "--data", scratch.path])
    #expect(run.line.isEmpty)
    let ended = run.stop(SIGTERM)
    #expect(ended.ending == .exit(65))
    #expect(ended.errors.contains("log.1"))
    #expect(ended.errors.contains("offset 16"))
  }
}
