import Jute
import LinnaeusBase
import Storage
import Tree
import Zab

@testable import Replica

/// A replica with clients that are functions and a disk that is an array: tickets are done when a
/// test says so.
struct TestServer {
  /// A reply or an event as a client reads it.
  struct Message: Equatable {
    var xid: Int32
    var zxid: Zxid
    var error: ErrorCode
    var body: [UInt8]
  }

  var replica: ZooKeeperReplica
  var effects = Effects()
  var now = Instant(milliseconds: 1_000)
  var wall: Int64 = 1_700_000_000_000
  /// What the disk was told and has not done.
  var waiting: [DiskOperation] = []
  /// Every file by name, as far as it was written.
  var files: [StoredFile: [UInt8]] = [:]
  private var open: [FileNumber: StoredFile] = [:]

  init(
    _ options: ReplicaOptions = ReplicaOptions(), storage: StorageOptions = StorageOptions(),
    zab: Zab? = nil
  ) {
    replica = ZooKeeperReplica(
      options: options, recovered: RecoveringTree(options: options.tree),
      storage: DurableStorage(options: storage, recovered: RecoveredState()), zab: zab, now: now,
      wall: wall)
    turn { _, _ in }
    finishDisk()
  }

  /// The leader of an ensemble of which it is the only voter.
  static func leading(_ options: ReplicaOptions = ReplicaOptions()) throws -> TestServer {
    let configuration = try Array("server.1=127.0.0.1:1:2:participant".utf8).withBorrowedBytes {
      (bytes) throws(QuorumConfigurationError) in try QuorumConfiguration(text: bytes)
    }
    var server = TestServer(
      options,
      zab: Zab(
        options: ZabOptions(), id: ServerID(rawValue: 1), configuration: configuration,
        acceptedEpoch: 0, currentEpoch: 0, window: TransactionWindow(after: .zero),
        mutations: options.mutations))
    while !server.replica.isServing {
      server.pass(milliseconds: 100)
      server.finishDisk()
    }
    return server
  }

  /// Goes on from what the disk of another one holds.
  init(recovering files: [StoredFile: [UInt8]]) throws {
    let options = ReplicaOptions()
    var sink = RecoveringTree(options: options.tree)
    let listing = files.map { (file: $0.key, size: $0.value.count) }
      .sorted { $0.file.name < $1.file.name }
    let state = try DurableStorage.recover(
      listing,
      read: { (file, offset, count) in
        Array((files[file] ?? []).dropFirst(offset).prefix(count))
      }, into: &sink)
    replica = ZooKeeperReplica(
      options: options, recovered: sink,
      storage: DurableStorage(options: StorageOptions(), recovered: state), now: now, wall: wall)
    self.files = files
    turn { _, _ in }
    finishDisk()
  }

  // MARK: Turns of the loop

  /// One turn of a driver's loop.
  mutating func turn(_ body: (inout ZooKeeperReplica, inout Effects) -> Void) {
    replica.advance(now: now, wall: wall, into: &effects)
    body(&replica, &effects)
    replica.endOfBatch(into: &effects)
    waiting += effects.disk
    effects.disk = []
  }

  mutating func pass(milliseconds: Int64) {
    now = now.advanced(milliseconds: milliseconds)
    wall += milliseconds
    turn { _, _ in }
  }

  /// The disk does one thing; false if there was nothing to do.
  @discardableResult
  mutating func stepDisk(failing errno: Int32? = nil) -> Bool {
    guard !waiting.isEmpty else { return false }
    let operation = waiting.removeFirst()
    carryOut(operation)
    guard let ticket = operation.ticket else { return true }
    turn { replica, effects in
      if let errno {
        replica.failed(ticket, errno: errno, into: &effects)
      } else {
        replica.completed(ticket, into: &effects)
      }
    }
    return true
  }

  /// The disk does everything, and what follows from that.
  mutating func finishDisk() {
    while stepDisk() {}
  }

  private mutating func carryOut(_ operation: DiskOperation) {
    switch operation {
    case .create(let file, let number):
      open[number] = file
      files[file] = []
    case .open(let file, let number): open[number] = file
    case .truncate(let number, let size):
      guard let file = open[number] else { return }
      files[file] = Array((files[file] ?? []).prefix(size))
    case .write(let number, let offset, let bytes):
      guard let file = open[number] else { return }
      var content = files[file] ?? []
      content.append(contentsOf: repeatElement(0, count: max(0, offset - content.count)))
      content.replaceSubrange(offset..<min(content.count, offset + bytes.count), with: bytes)
      files[file] = content
    case .close(let number): open[number] = nil
    case .rename(let file, let target): files[target] = files.removeValue(forKey: file)
    case .remove(let file), .erase(let file): files[file] = nil
    case .preallocate, .sync, .syncDirectory: break
    }
  }

  // MARK: Clients

  /// A client connects and sends its first packet.
  mutating func connect(
    _ slot: Int32, _ request: ConnectRequest = ConnectRequest(timeoutMilliseconds: 10_000),
    address: String = "127.0.0.1"
  ) {
    var writer = ByteWriter()
    request.write(to: &writer)
    turn { replica, effects in
      replica.connected(slot, address: Array(address.utf8), into: &effects)
      writer.bytes.withBorrowedBytes { replica.receive($0, on: slot, into: &effects) }
    }
  }

  /// A client gets a session, which it returns with its password.
  mutating func open(
    _ slot: Int32, timeout: Int32 = 10_000, address: String = "127.0.0.1"
  ) throws -> ConnectResponse {
    connect(slot, ConnectRequest(timeoutMilliseconds: timeout), address: address)
    finishDisk()
    return try takeConnectResponse(slot)
  }

  /// The packet of a request.
  static func packet(
    _ xid: Int32, _ opcode: Opcode, _ body: (inout ByteWriter) -> Void = { _ in }
  ) -> [UInt8] {
    var writer = ByteWriter()
    RequestHeader(xid: xid, opcode: opcode).write(to: &writer)
    body(&writer)
    return writer.bytes
  }

  /// Clients send packets, all in one turn.
  mutating func send(_ packets: [(slot: Int32, bytes: [UInt8])]) {
    turn { replica, effects in
      for (slot, bytes) in packets {
        bytes.withBorrowedBytes { replica.receive($0, on: slot, into: &effects) }
      }
    }
  }

  mutating func send(
    _ slot: Int32, _ xid: Int32, _ opcode: Opcode, _ body: (inout ByteWriter) -> Void = { _ in }
  ) {
    send([(slot, Self.packet(xid, opcode, body))])
  }

  mutating func create(
    _ slot: Int32, _ xid: Int32, _ path: String, _ data: String = "", flags: Int32 = 0,
    acl: [ACL] = ACL.open
  ) {
    send(slot, xid, .create) {
      $0.createRequest(path: path, data: data, acl: ACL.bytes(acl), flags: flags)
    }
  }

  mutating func set(_ slot: Int32, _ xid: Int32, _ path: String, _ data: String) {
    send(slot, xid, .setData) { $0.setDataRequest(path: path, data: data, version: -1) }
  }

  mutating func get(_ slot: Int32, _ xid: Int32, _ path: String, watch: Bool = false) {
    send(slot, xid, .getData) { $0.pathWatchRequest(path: path, watch: watch) }
  }

  /// The frames that were written for a connection, which are taken away.
  mutating func takeFrames(_ slot: Int32) throws -> [[UInt8]] {
    guard effects.outputs.indices.contains(Int(slot)) else { return [] }
    let bytes = effects.outputs[Int(slot)].bytes
    effects.outputs[Int(slot)].bytes = []
    return try bytes.withBorrowedBytes { (borrowed) throws(ByteReaderError) in
      var reader = ByteReader(borrowed)
      var frames: [[UInt8]] = []
      while !reader.isAtEnd { frames.append(try reader.take(Int(try reader.int32())).array) }
      return frames
    }
  }

  mutating func takeConnectResponse(_ slot: Int32) throws -> ConnectResponse {
    let frames = try takeFrames(slot)
    guard frames.count == 1 else {
      throw ByteReaderError(position: 0, message: "\(frames.count) frames, one was expected")
    }
    return try frames[0].withBorrowedBytes { (bytes) throws(ByteReaderError) in
      var reader = ByteReader(bytes)
      return try ConnectResponse(from: &reader)
    }
  }

  /// The replies and events that were written for a connection, which are taken away.
  mutating func take(_ slot: Int32) throws -> [Message] {
    try takeFrames(slot).map { frame in
      try frame.withBorrowedBytes { (bytes) throws(ByteReaderError) in
        var reader = ByteReader(bytes)
        let header = try ReplyHeader(from: &reader)
        return Message(
          xid: header.xid, zxid: header.zxid, error: header.error, body: reader.takeRest().array)
      }
    }
  }

  func isClosing(_ slot: Int32) -> Bool { effects.closing[Int(slot)] }
}

extension TestServer.Message {
  /// The data of a reply to `getData`.
  var data: String? {
    body.withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      return (try? reader.buffer())??.string
    }
  }

  /// The event, if it is one.
  var event: WatcherEvent? {
    guard xid == SpecialXid.notification else { return nil }
    return body.withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      return try? WatcherEvent(from: &reader)
    }
  }
}
