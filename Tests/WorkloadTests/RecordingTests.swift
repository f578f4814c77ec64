import ClientSession
import Jute
import LinnaeusBase
import OperationHistory
import Testing

@testable import Workload

@Suite("Recording")
struct RecordingTests {
  private static let place = HistoryRecorder.Place(
    process: 3, session: 0x100a, server: ServerID(rawValue: 2))
  private static let now = Instant(nanoseconds: 120_034)
  private static let path = Array("/a".utf8)
  private static let stat = Stat(
    czxid: Zxid(rawValue: 0x1_0000_0007), mzxid: Zxid(rawValue: 0x1_0000_0008), ctime: 5,
    mtime: -6, version: 1, cversion: 2, aversion: 3, ephemeralOwner: .min, dataLength: 4,
    numChildren: 5, pzxid: Zxid(rawValue: 0x1_0000_0009))
  private static let statText =
    #""stat":{"czxid":"0x100000007","mzxid":"0x100000008","ctime":5,"mtime":-6,"version":1,"#
    + #""cversion":2,"aversion":3,"ephemeralOwner":"0x8000000000000000","dataLength":4,"#
    + #""numChildren":5,"pzxid":"0x100000009"}"#

  private static func recorder() -> HistoryRecorder {
    HistoryRecorder(servers: [(ServerID(rawValue: 2), "here")], source: "a test")
  }

  /// The lines after the first.
  private static func lines(_ recorder: HistoryRecorder) -> [String] {
    String(decoding: recorder.bytes, as: UTF8.self).split(separator: "\n").dropFirst().map {
      String($0)
    }
  }

  /// What two lines say besides what every line says.
  private static func told(
    _ request: SessionRequest, _ outcome: RequestOutcome
  ) throws -> (asked: String, answered: String) {
    var recorder = recorder()
    let invocation = recorder.invoke(request, xid: 4, at: place, now: now)
    recorder.complete(invocation, outcome, now: Instant(nanoseconds: 130_100))
    let lines = lines(recorder)
    let name = "\(request.opcode)".replacing("create2", with: "create")
      .replacing("getChildren2", with: "getChildren")
    let path = request.recordedPath.map { #","path":"\#(String(decoding: $0, as: UTF8.self))""# }
    let front = #""op":1,"process":3,"f":"\#(name)"\#(path ?? "")"#
    let end = #","session":"0x100a","server":2,"xid":4,"time":120034}"#
    #expect(lines[0].hasPrefix(#"{"type":"invoke",\#(front)"#) && lines[0].hasSuffix(end))
    #expect(lines[1].contains(front) && lines[1].hasSuffix(#","time":130100}"#))
    let history = try recorder.bytes.withBorrowedBytes {
      try HistoryReader.read($0.buffer, format: .native)
    }
    #expect(history.operations.count == 1)
    let type = try #require(lines[1].split(separator: ",").first)
    return (
      String(lines[0].dropFirst(#"{"type":"invoke",\#(front)"#.count).dropLast(end.count)),
      type + ":"
        + lines[1].dropFirst(type.count + 1 + front.count).dropLast(#","time":130100}"#.count)
    )
  }

  private static func told(
    _ request: SessionRequest, _ result: SessionResult
  ) throws -> (asked: String, answered: String) {
    try told(request, .done(result, zxid: Zxid(rawValue: 0x1_0000_0008)))
  }

  private static let ok = #"{"type":"ok":"#
  private static let zxid = #","zxid":"0x100000008""#

  @Test("The first line tells what the history is of")
  func header() throws {
    var recorder = HistoryRecorder(
      servers: [(ServerID(rawValue: 1), "127.0.0.1:2181")], source: "simulate --seed 7",
      more: [("comment", .string("\"quoted\""))])
    recorder.nemesis("partition", .list([.integer(1)]), now: Instant(nanoseconds: 2))
    #expect(
      String(decoding: recorder.bytes, as: UTF8.self) == """
        {"linnaeus":1,"model":"zookeeper","clock":"monotonic","skew_ns":0,\
        "servers":{"1":"127.0.0.1:2181"},"source":"simulate --seed 7","comment":"\\"quoted\\""}
        {"type":"info","process":"nemesis","f":"partition","value":[1],"time":2}

        """)
  }

  @Test("Writes and their results")
  func writes() throws {
    let create = try Self.told(
      .create(path: Self.path, data: Array("x7".utf8), mode: .ephemeralSequential, stat: true),
      .created(path: Array("/a0000000001".utf8), stat: Self.stat))
    #expect(create.asked == #","value":"x7","mode":"ephemeral","sequential":true"#)
    #expect(
      create.answered
        == #"\#(Self.ok),"created":"/a0000000001",\#(Self.statText)\#(Self.zxid)"#)
    let set = try Self.told(
      .setData(path: Self.path, data: [0xFF], version: -1), .stat(Self.stat))
    #expect(set.asked == #","value":{"base64":"/w=="},"version":-1"#)
    #expect(set.answered == #"\#(Self.ok),\#(Self.statText)\#(Self.zxid)"#)
    let null = try Self.told(.setData(path: Self.path, data: nil, version: 0), .stat(Self.stat))
    #expect(null.asked == #","value":null,"version":0"#)
    let delete = try Self.told(.delete(path: Self.path, version: 3), .done)
    #expect(delete.asked == #","version":3"#)
    #expect(delete.answered == "\(Self.ok)\(Self.zxid)")
  }

  @Test("Reads and their results")
  func reads() throws {
    let get = try Self.told(
      .getData(path: Self.path, watch: true), .data(Array("\"\\\n".utf8), Self.stat))
    #expect(get.asked == #","watch":true"#)
    #expect(get.answered == #"\#(Self.ok),"value":"\"\\\n",\#(Self.statText)\#(Self.zxid)"#)
    let children = try Self.told(
      .getChildren(path: Self.path, stat: true),
      .children([Array("b".utf8), Array("a".utf8)], stat: Self.stat))
    #expect(children.asked.isEmpty)
    #expect(
      children.answered == #"\#(Self.ok),"children":["b","a"],\#(Self.statText)\#(Self.zxid)"#)
    #expect(try Self.told(.sync(path: Self.path), .synced(path: [])).asked.isEmpty)
  }

  @Test("A multi's operations and results; one that failed says so twice")
  func multi() throws {
    let request = SessionRequest.multi([
      .check(path: Self.path, version: 1),
      .create(path: Self.path, data: [], mode: .persistent, stat: false),
      .delete(path: Self.path),
    ])
    let done = try Self.told(
      request, .results([.checked, .created(path: Self.path, stat: nil), .deleted]))
    #expect(
      done.asked
        == #","ops":[{"f":"check","path":"/a","version":1},"#
        + #"{"f":"create","path":"/a","value":"","mode":"persistent"},"#
        + #"{"f":"delete","path":"/a","version":-1}]"#)
    #expect(done.answered == #"\#(Self.ok),"results":[{},{"created":"/a"},{}]\#(Self.zxid)"#)
    let failed = try Self.told(
      request, .results([.failed(.ok), .failed(.nodeExists), .failed(.runtimeInconsistency)]))
    #expect(
      failed.answered
        == #"\#(Self.ok),"error":"NodeExists","results":[{},{"error":"NodeExists"},"#
        + #"{"error":"RuntimeInconsistency"}]\#(Self.zxid)"#)
    let read = try Self.told(
      .multiRead([.getChildren(path: Self.path), .getData(path: Self.path)]),
      .results([.children([]), .failed(.noNode)]))
    #expect(
      read.answered == #"\#(Self.ok),"results":[{"children":[]},{"error":"NoNode"}]\#(Self.zxid)"#)
  }

  @Test(
    "How an operation ends follows from the code of the reply",
    arguments: [
      (ErrorCode.noNode, "ok"), (.badVersion, "ok"), (.quotaExceeded, "ok"),
      (.marshallingError, "fail"), (.throttledOperation, "fail"), (.sessionExpired, "fail"),
      (.systemError, "info"), (.sessionMoved, "info"), (ErrorCode(rawValue: -999), "info"),
    ])
  func outcomes(error: ErrorCode, type: String) throws {
    let told = try Self.told(
      .delete(path: Self.path), .refused(error, zxid: Zxid(rawValue: 0x1_0000_0008)))
    #expect(told.answered == #"{"type":"\#(type)":,"error":"\#(error.name)"\#(Self.zxid)"#)
  }

  @Test("Without an answer nobody knows, unless it was never sent")
  func lost() throws {
    let unknown = try Self.told(.delete(path: Self.path), .lost(.connectionLost))
    #expect(unknown.answered == #"{"type":"info":,"error":"ConnectionLoss""#)
    let never = try Self.told(.delete(path: Self.path), .lost(.neverSent))
    #expect(never.answered == #"{"type":"fail":,"error":"ConnectionLoss""#)
  }

  @Test("No secret is written down, and an answer to auth has no zxid")
  func secrets() throws {
    let auth = try Self.told(
      .auth(scheme: Array("digest".utf8), credentials: Array("ann:secret".utf8)),
      .done(.done, zxid: .zero))
    #expect(auth.asked == #","scheme":"digest""#)
    #expect(auth.answered == Self.ok)
  }

  @Test("Connections, events, locks and their resource")
  func otherLines() {
    var recorder = Self.recorder()
    recorder.connect(
      at: Self.place, lastZxidSeen: Zxid(rawValue: 6), timeoutMilliseconds: 4000, isResumed: true,
      retransmits: false, now: Self.now)
    recorder.disconnect(at: Self.place, reason: "timeout", now: Self.now)
    recorder.watch(
      WatcherEvent(kind: .dataChanged, path: Self.path), zxid: Zxid(rawValue: -1), at: Self.place,
      now: Self.now)
    recorder.watch(
      WatcherEvent(kind: .childrenChanged, path: Self.path), zxid: Zxid(rawValue: 9),
      at: Self.place, now: Self.now)
    let holding = Holding(
      lock: Array("/l".utf8), token: Zxid(rawValue: 17), node: Array("/l/n".utf8))
    recorder.lock("acquired", holding, at: Self.place, now: Self.now)
    recorder.lock("released", holding, isLost: true, at: Self.place, now: Self.now)
    recorder.effect(
      on: Array("/l".utf8), token: Zxid(rawValue: 17), isAccepted: false, at: Self.place,
      now: Self.now)
    let place = #""process":3,"session":"0x100a","server":2,"#
    let end = #""time":120034}"#
    let lock = #""lock":"/l","token":"0x11","node":"/l/n","#
    #expect(
      Self.lines(recorder) == [
        #"{"type":"connect",\#(place)"lastZxidSeen":"0x6","timeout":4000,"resumed":true,\#(end)"#,
        #"{"type":"disconnect",\#(place)"reason":"timeout",\#(end)"#,
        #"{"type":"watch",\#(place)"event":"dataChanged","path":"/a",\#(end)"#,
        #"{"type":"watch",\#(place)"event":"childrenChanged","path":"/a","zxid":"0x9",\#(end)"#,
        #"{"type":"ok",\#(place)"f":"acquired",\#(lock)\#(end)"#,
        #"{"type":"ok",\#(place)"f":"released",\#(lock)"lost":true,\#(end)"#,
        #"{"type":"ok",\#(place)"f":"effect","resource":"/l","token":"0x11","accepted":false,\#(end)"#,
      ])
  }

  @Test("Numbers are written as they are, to the last")
  func numbers() {
    var values: [Int64] = [0, 9, 10, 99, 100, -1, -10, .max, .min, .min + 1]
    var power: Int64 = 1
    for _ in 0..<18 {
      power *= 10
      values += [power - 1, power, -power]
    }
    var random = SeededRandom(seed: 1)
    values += (0..<200).map { _ in
      Int64(bitPattern: random.next() >> UInt64(random.below(64)))
    }
    for value in values {
      var text = JSONText()
      text.append(value)
      text.appendHexadecimal(value)
      let hexadecimal = String(UInt64(bitPattern: value), radix: 16)
      #expect(String(decoding: text.bytes, as: UTF8.self) == "\(value)\"0x\(hexadecimal)\"")
    }
  }
}

extension WatcherEvent {
  /// An event as servers send it.
  fileprivate init(kind: WatchEventKind, path: [UInt8]) {
    var writer = ByteWriter()
    WatcherEvent.write(kind, path: path, to: &writer)
    self = writer.bytes.withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      guard let event = try? WatcherEvent(from: &reader) else { fatalError("no event") }
      return event
    }
  }
}
