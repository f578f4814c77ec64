import Glibc
import LinnaeusBase
import Testing

@Suite("linnaeus shell")
struct ShellTests {
  /// A server of this package on a free port of the loopback address.
  private final class Served {
    let address: String
    private let started: Program.Started
    private let output: Int32

    init() throws {
      var descriptors: [Int32] = [0, 0]
      try #require(pipe(&descriptors) == 0)
      output = descriptors[0]
      let input = try Scratch.anonymousFile("")
      defer {
        close(descriptors[1])
        close(input)
      }
      started = try Program.Started(
        ["serve", "--log-level", "error"], input: input, output: descriptors[1])
      address = try Self.address(in: Self.firstLine(of: output))
    }

    /// The line that is printed as soon as clients can connect.
    private static func firstLine(of descriptor: Int32) throws -> String {
      var line: [UInt8] = []
      var byte: UInt8 = 0
      while read(descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
      return String(decoding: line, as: UTF8.self)
    }

    private static func address(in line: String) throws -> String {
      let word = try #require(
        line.split(separator: " ").first { $0.hasPrefix("127.0.0.1:") }, "no address in '\(line)'")
      return String(word.prefix { $0.isNumber || $0 == "." || $0 == ":" })
    }

    func end() {
      started.process.send(SIGTERM)
      _ = started.process.wait()
      close(output)
    }
  }

  /// What may differ from run to run is replaced by a mark.
  private static func masked(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      for name in ["ctime", "mtime", "ephemeralOwner"] where line.hasPrefix(name + " = ") {
        return line.hasSuffix(" = 0x0") ? String(line) : "\(name) = …"
      }
      return String(line)
    }
  }

  @Test("Commands of a script do as those of zkCli and show what those show")
  func script() throws {
    let server = try Served()
    defer { server.end() }
    let script = """
      # A comment, and then commands.
      create /a "two words"
      create -s -e /a/s- x
      ls -s /a
      get -w /a
      set -v 0 /a new
      setAcl /a world:anyone:rwa
      getAcl /a
      create -c /c
      create -s /c/n
      ls -R /
      getEphemerals /a
      getAllChildrenNumber /c
      setquota -n 5 -N 9 /c
      listquota /c
      delquota /c
      addWatch -m PERSISTENT /c
      deleteall /c
      removewatches /c -a
      sync /a
      history
      """
    let run = try Program.run("shell", server.address, "-", input: script)
    #expect(run.errors == "")
    #expect(run.ending == .exit(0))
    let expected = """
      Created /a
      Created /a/s-0000000000
      [s-0000000000]
      cZxid = 0x2
      ctime = …
      mZxid = 0x2
      mtime = …
      pZxid = 0x3
      cversion = 1
      dataVersion = 0
      aclVersion = 0
      ephemeralOwner = 0x0
      dataLength = 9
      numChildren = 1
      two words

      WATCHER::

      WatchedEvent state:SyncConnected type:NodeDataChanged path:/a
      'world,'anyone
      : rwa
      Created /c
      Created /c/n0000000000
      /
      /a
      /c
      /zookeeper
      /a/s-0000000000
      /c/n0000000000
      /zookeeper/config
      /zookeeper/quota
      [/a/s-0000000000]
      1
      absolute path is /zookeeper/quota/c/zookeeper_limits
      Output quota for /c count=5,bytes=-1=;byteHardLimit=-1;countHardLimit=9
      Output stat for /c count=2,bytes=0

      WATCHER::

      WatchedEvent state:SyncConnected type:NodeChildrenChanged path:/c

      WATCHER::

      WatchedEvent state:SyncConnected type:NodeDeleted path:/c
      Sync is OK
      9 - ls -R /
      10 - getEphemerals /a
      11 - getAllChildrenNumber /c
      12 - setquota -n 5 -N 9 /c
      13 - listquota /c
      14 - delquota /c
      15 - addWatch -m PERSISTENT /c
      16 - deleteall /c
      17 - removewatches /c -a
      18 - sync /a
      19 - history

      """
    #expect(
      Self.masked(run.output)
        == expected.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
  }

  @Test("A command that fails says why, and makes the exit code 1")
  func failures() throws {
    let server = try Served()
    defer { server.end() }
    let cases: [([String], String)] = [
      (["get", "/none"], "Node does not exist: /none\n"),
      (["create", "/"], "Node already exists: /\n"),
      (["create", "none"], "Path must start with / character\n"),
      (["delete", "-v", "x", "/"], "-v takes a number, not 'x'\n"),
      (["delete", "/zookeeper"], "Arguments are not valid : /zookeeper\n"),
      (["create", "-c", "-e", "/x"], "-c cannot be combined with -s or -e."),
      (["setAcl", "/", "world:anyone"], "world:anyone does not have the form scheme:id:perm\n"),
      (["creat", "/x"], "Command not found: Command not found creat; did you mean 'create'?\n"),
      (["ls", "-x", "/"], "Unrecognized option: -x; usage: ls [-s] [-w] [-R] path\n"),
      (["ls"], "usage: ls [-s] [-w] [-R] path\n"),
      (["reconfig", "-remove", "1"], "KeeperErrorCode = ReconfigDisabled for \n"),
      (["addauth", "none", "x"], "KeeperErrorCode = AuthFailed for \n"),
      (["listquota", "/"], "quota for / does not exist.\n"),
    ]
    for (words, message) in cases {
      let run = try Program.Started(["shell", server.address] + words, input: "").finish()
      #expect(run.ending == .exit(1), "\(words)")
      #expect(run.errors.hasPrefix(message), "\(words): \(run.errors)")
    }
    let good = try Program.run("shell", "--timeout", "9000", server.address, "create", "-e", "/x")
    #expect((good.output, good.ending) == ("Created /x\n", .exit(0)))
    let script = try Program.run("shell", server.address, input: "get /x\nls /\n")
    #expect(script.output == "[zookeeper]\n", "the ephemeral went with its session")
    #expect(script.ending == .exit(1))
  }

  @Test("Without a server the exit code is 66, with a senseless one 64")
  func noServer() throws {
    let run = try Program.run("shell", "127.0.0.1:1", "ls", "/")
    #expect(run.ending == .exit(66))
    #expect(run.errors == "linnaeus: connect 127.0.0.1:1: Connection refused\n")
    for place in ["", "host:port", "host:0", "host:99999", "[::1", ":2181"] {
      #expect(try Program.run("shell", place).ending == .exit(64), "\(place)")
    }
    #expect(try Program.run("shell").ending == .exit(64))
  }
}
