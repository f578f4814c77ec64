import Jute
import LinnaeusBase
import Testing

@testable import Zab

/// The bytes of both ports, and what hostile ones do.
@Suite struct RecordTests {
  static func bytes(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter()
    write(&writer)
    return writer.bytes
  }

  @Test func packetsComeInAnyPieces() throws {
    let stream = Self.bytes { writer in
      writer.quorumPacket(.ack, zxid: Zxid(epoch: 1, counter: 2))
      [1, 2, 3].withBorrowedBytes {
        writer.quorumPacket(.proposal, zxid: Zxid(epoch: 1, counter: 3), data: $0)
      }
      writer.beginQuorumPacket(.request, zxid: Zxid(rawValue: -1), dataCount: 1)
      writer.uint8(9)
      writer.int32(1)
      writer.string("ip")
      writer.string("127.0.0.1")
    }
    for end in 0...stream.count {
      try stream[..<end].withBorrowedBytes { (bytes) throws(ByteReaderError) in
        var reader = ByteReader(bytes)
        var kinds: [QuorumPacket.Kind] = []
        while let packet = try QuorumPacket.next(from: &reader) { kinds.append(packet.kind) }
        let expected = [20, 43, stream.count].filter { $0 <= end }.count
        #expect(kinds == Array([.ack, .proposal, .request].prefix(expected)))
      }
    }
  }

  @Test func lengthsThatMakeNoSenseAreRefused() {
    let bad: [[UInt8]] = [
      Self.bytes {
        $0.int32(99); $0.int64(0); $0.int32(-1); $0.int32(-1)
      },
      Self.bytes {
        $0.int32(3); $0.int64(0); $0.int32(-2); $0.int32(-1)
      },
      Self.bytes {
        $0.int32(3); $0.int64(0); $0.int32(.max); $0.int32(-1)
      },
      Self.bytes {
        $0.int32(3); $0.int64(0); $0.int32(-1); $0.int32(.max)
      },
      Self.bytes {
        $0.int32(3); $0.int64(0); $0.int32(-1); $0.int32(1); $0.int32(.max)
      },
    ]
    for bytes in bad {
      bytes.withBorrowedBytes { bytes in
        _ = #expect(throws: ByteReaderError.self) {
          var reader = ByteReader(bytes)
          _ = try QuorumPacket.next(from: &reader)
        }
      }
    }
  }

  /// zookeeper-protocol.md, section 7.
  @Test func notificationsHaveApachesLayout() throws {
    let notification = ElectionNotification(
      state: .leading, leader: ServerID(rawValue: 3), zxid: Zxid(epoch: 2, counter: 5), round: 7,
      peerEpoch: 2, configuration: Array("version=0".utf8))
    let bytes = Self.bytes { notification.write(to: &$0) }
    let expected: [UInt8] =
      [0, 0, 0, 2] + [0, 0, 0, 0, 0, 0, 0, 3] + [0, 0, 0, 2, 0, 0, 0, 5]
      + [0, 0, 0, 0, 0, 0, 0, 7] + [0, 0, 0, 0, 0, 0, 0, 2] + [0, 0, 0, 2] + [0, 0, 0, 9]
      + Array("version=0".utf8)
    #expect(bytes == expected)
    try bytes.withBorrowedBytes { (bytes) throws(ByteReaderError) in
      var reader = ByteReader(bytes)
      #expect(try ElectionNotification(from: &reader) == notification)
    }
    // Before 3.4 they ended with the round.
    try bytes[..<28].withBorrowedBytes { (bytes) throws(ByteReaderError) in
      var reader = ByteReader(bytes)
      #expect(try ElectionNotification(from: &reader).peerEpoch == 2)
    }
  }

  @Test func configurationsRoundTrip() throws {
    let text = """
      server.1=10.0.0.1:2888:3888:participant;0.0.0.0:2181
      server.2=[::1]:2888:3888:participant
      server.7=host:1:2:observer
      group.1=1:2
      weight.1=3
      weight.2=0
      version=10000000a
      """
    let configuration = try Array(text.utf8).withBorrowedBytes {
      (bytes) throws(QuorumConfigurationError) in try QuorumConfiguration(text: bytes)
    }
    #expect(String(decoding: configuration.text, as: UTF8.self) == text)
    #expect(configuration.version == 0x1_0000_000a)
    #expect(configuration.member(ServerID(rawValue: 7))?.role == .observer)
    for bad in ["server.x=a:1:2", "server.1=a", "version=zz", "server.1=a:1:2\nserver.1=b:1:2"] {
      Array(bad.utf8).withBorrowedBytes { bytes in
        _ = #expect(throws: QuorumConfigurationError.self) { try QuorumConfiguration(text: bytes) }
      }
    }
  }

  // MARK: Quorums

  private func configuration(_ text: String) throws -> QuorumConfiguration {
    try Array(text.utf8).withBorrowedBytes { (bytes) throws(QuorumConfigurationError) in
      try QuorumConfiguration(text: bytes)
    }
  }

  private func isQuorum(_ configuration: QuorumConfiguration, _ servers: Int64...) -> Bool {
    configuration.isQuorum { servers.contains($0.rawValue) }
  }

  @Test func majoritiesCountParticipantsOnly() throws {
    let four = try configuration(
      "server.1=a:1:2\nserver.2=a:1:2\nserver.3=a:1:2\nserver.4=a:1:2\nserver.5=a:1:2:observer")
    #expect(!isQuorum(four, 1, 2))
    #expect(!isQuorum(four, 1, 2, 5))
    #expect(isQuorum(four, 1, 2, 4))
    #expect(!QuorumConfiguration(members: []).isQuorum { _ in true })
  }

  @Test func weightsAndGroupsCount() throws {
    let servers = (1...6).map { "server.\($0)=a:1:2\n" }.joined()
    let weighted = try configuration(servers + "weight.1=5")
    #expect(isQuorum(weighted, 1, 2))
    #expect(!isQuorum(weighted, 2, 3, 4, 5, 6))
    let groups = try configuration(servers + "group.1=1:2:3\ngroup.2=4:5\ngroup.3=6\nweight.6=0")
    // The third group has no weight: both others are needed.
    #expect(!isQuorum(groups, 1, 2, 3))
    #expect(!isQuorum(groups, 1, 2, 4, 6))
    #expect(isQuorum(groups, 1, 2, 4, 5))
  }

  @Test func twoQuorumsAlwaysMeet() throws {
    let servers = (1...5).map { "server.\($0)=a:1:2\n" }.joined()
    for rest in ["", "weight.2=3\nweight.5=0", "group.1=1:2:3\ngroup.2=4:5\nweight.1=2"] {
      let configuration = try configuration(servers + rest)
      let quorums = (0..<32).filter { set in
        configuration.isQuorum { set >> Int($0.rawValue - 1) & 1 == 1 }
      }
      #expect(!quorums.isEmpty)
      for one in quorums { for other in quorums { #expect(one & other != 0) } }
    }
  }

  // MARK: Hostile bytes

  /// Changed bytes on every port, in every stage: nothing traps, and who sends them loses the link.
  @Test func hostileBytesNeverTrap() {
    for seed in 1...UInt64(Effort.environment("ZAB_SEEDS").flatMap { Int($0) } ?? 60) {
      var options = EnsembleOptions()
      options.seed = seed
      options.observers = 1
      options.faultPause = 20_000
      options.tickMilliseconds = 20
      let ensemble = Ensemble(options)
      ensemble.corruption = [20, 200][Int(seed) % 2]
      ensemble.run(until: 200_000)
    }
  }
}
