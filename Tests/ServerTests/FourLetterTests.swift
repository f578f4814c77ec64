import Glibc
import LinnaeusBase
import Testing

@testable import Server

@Suite("Four-letter words")
struct FourLetterTests {
  /// The recorded answers of Apache 3.8.0, where they are at hand.
  static let recorded = getenv("LINNAEUS_SHARED").map {
    String(cString: $0) + "/data/golden-3.8.0/4lw"
  }

  /// A recorded answer with this server's version in place of Apache's.
  private func golden(_ word: String) throws -> String {
    let folder = try #require(Self.recorded)
    let bytes = try InputBytes(path: "\(folder)/standalone.\(word).txt")
    let text = withExtendedLifetime(bytes) { String(decoding: bytes.bytes, as: UTF8.self) }
    return text.replacingVersion()
  }

  private var figures: ServerFigures {
    var figures = ServerFigures()
    figures.latency = .init(count: 10_000, total: 16_292, shortest: 0.2, longest: 13.9)
    figures.packetsReceived = 92
    figures.packetsSent = 109
    figures.connectionCount = 1
    figures.lastZxid = Zxid(rawValue: 0x32)
    figures.nodeCount = 12
    return figures
  }

  @Test("srvr and stat are Apache's to the letter", .enabled(if: recorded != nil))
  func summaries() throws {
    #expect(FourLetterReplies.srvr(figures) == (try golden("srvr")))
    var later = figures
    later.packetsReceived = 93
    later.packetsSent = 110
    let client = ServerFigures.Client(
      peer: "/127.0.0.1:49368", isRead: false, received: 1)
    #expect(FourLetterReplies.stat(later, clients: [client]) == (try golden("stat")))
  }

  @Test("cons, conf, dirs, wchs, wchc and wchp are Apache's", .enabled(if: recorded != nil))
  func lists() throws {
    let client = ServerFigures.Client(peer: "/127.0.0.1:49400", isRead: false, received: 1)
    #expect(FourLetterReplies.cons([client]) == (try golden("cons")))
    var configuration = ServerConfiguration()
    configuration.tickMilliseconds = 2000
    configuration.maxConnectionsPerAddress = 0
    configuration.dataDirectory = "data"
    let sizes = (data: 67_109_337, log: 67_109_337)
    #expect(
      FourLetterReplies.conf(configuration, port: 21_800, sizes: sizes) == (try golden("conf")))
    #expect(FourLetterReplies.wchs((0, 0, 0)) == (try golden("wchs")))
    #expect(FourLetterReplies.wchc([]) == (try golden("wchc")))
    #expect(FourLetterReplies.wchp([]) == (try golden("wchp")))
  }

  @Test("dump is Apache's", .enabled(if: recorded != nil))
  func dump() throws {
    // Sun Nov 22 21:26:59 UTC 2026
    let wall: Int64 = 1_795_382_819_000
    let text = FourLetterReplies.dump(
      sessions: [.init(wall: wall, entries: ["0x100002073eb0002", "0x100002073eb0001"])],
      ephemerals: [(0x100_0020_73eb_0001, [Array("/g/e".utf8)])],
      connections: [.init(wall: wall, entries: ["ip: /127.0.0.1:49408 sessionId: 0x0"])])
    #expect(text == (try golden("dump")))
  }

  @Test("What mntr lists, Apache's lists under the same names", .enabled(if: recorded != nil))
  func monitor() throws {
    let names = Set(try golden("mntr").split(separator: "\n").map { $0.prefix { $0 != "\t" } })
    for line in FourLetterReplies.mntr(figures).split(separator: "\n") {
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
      #expect(parts.count == 2 && names.contains(parts[0]), "\(line)")
    }
  }

  @Test("A connection with a session tells all of it")
  func connection() {
    var client = ServerFigures.Client(peer: "/[0:0:0:0:0:0:0:1]:5")
    client.session = 0x100_0020_73eb_0001
    client.received = 3
    client.sent = 2
    client.lastOperation = "PING"
    client.established = 17
    client.timeoutMilliseconds = 10_000
    client.lastCxid = 31
    client.lastZxid = Zxid(rawValue: 255)
    #expect(
      FourLetterReplies.cons([client]) == """
         /[0:0:0:0:0:0:0:1]:5[1](queued=0,recved=3,sent=2,sid=0x100002073eb0001,lop=PING,est=17,\
        to=10000,lcxid=0x1f,lzxid=0xff,lresp=0,llat=0,minlat=0,avglat=0,maxlat=0)


        """)
  }

  @Test("Watches are listed by path and by session")
  func watches() {
    let a = Array("/a".utf8)
    let b = Array("/b".utf8)
    #expect(FourLetterReplies.wchp([(a, [1, 255])]) == "/a\n\t0x1\n\t0xff\n\n")
    #expect(FourLetterReplies.wchc([(255, [a, b])]) == "0xff\n\t/a\n\t/b\n\n")
  }

  @Test("Numbers are rounded as Java's are")
  func numbers() {
    #expect(rounded(0) == "0.0")
    #expect(rounded(1.62920001) == "1.6292")
    #expect(rounded(2.06) == "2.06")
    #expect(rounded(11) == "11.0")
    #expect(rounded(0.99999) == "1.0")
  }

  @Test("Words are answered over a socket, also in two parts, and the connection ends")
  func overSocket() throws {
    let folder = try TemporaryFolder()
    let server = try ServerUnderTest(folder: folder)
    defer { server.stop() }
    func ask(_ bytes: [UInt8]...) throws -> String {
      let client = try RawClient(port: server.port)
      for part in bytes {
        client.send(part)
        usleep(2000)
      }
      return String(decoding: client.receiveAll() ?? Array("no end".utf8), as: UTF8.self)
    }
    #expect(try ask(Array("ruok".utf8)) == "imok")
    #expect(try ask(Array("ru".utf8), Array("ok".utf8)) == "imok")
    #expect(try ask(Array("isro".utf8)) == "rw")
    #expect(try ask(Array("ruok and what follows".utf8)) == "imok")
    #expect(try ask(Array("gtmk".utf8)) == "306")
    let mask: [UInt8] = [0, 0, 0, 0, 0, 0, 1, 2]
    #expect(try ask(Array("stmk".utf8) + mask) == "258")
    #expect(try ask(Array("st".utf8), Array("mk".utf8) + mask[..<3], Array(mask[3...])) == "258")
    #expect(try ask([0xff, 0xf4, 0xff, 0xfd]) == "")
    #expect(try ask(Array("srvr".utf8)).hasPrefix("Zookeeper version: 3.8.0"))
    #expect(try ask(Array("stat".utf8)).contains("(queued=0,recved=1,sent=0)\n\nLatency"))
    #expect(try ask(Array("conf".utf8)).hasPrefix("clientPort=\(server.port)\n"))
    for word in FourLetterWord.allCases where word != .hash && word != .stmk {
      #expect(try ask(Array(word.rawValue.utf8)) != "", "\(word)")
    }
    // Once a session stands, letters are a length like any other.
    let client = try RawClient(port: server.port)
    _ = try client.connect()
    client.send(Array("ruok".utf8))
    #expect(client.receiveAll() == [])
  }

  @Test("A word that is not in the whitelist says so")
  func whitelist() throws {
    let folder = try TemporaryFolder()
    let server = try ServerUnderTest(folder: folder) { $0.fourLetterWords = .onlyServer }
    defer { server.stop() }
    for word in FourLetterWord.allCases where word != .stmk && word != .srvr {
      let client = try RawClient(port: server.port)
      client.send(Array(word.rawValue.utf8))
      let answer = client.receiveAll() ?? []
      #expect(
        String(decoding: answer, as: UTF8.self)
          == "\(word.rawValue) is not executed because it is not in the whitelist.\n")
    }
  }
}

extension String {
  /// The text with this server's version in place of what stands there.
  fileprivate func replacingVersion() -> String {
    split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.hasPrefix("Zookeeper version: ")
        ? "Zookeeper version: \(ServerFigures.version)" : String(line)
    }.joined(separator: "\n")
  }
}
