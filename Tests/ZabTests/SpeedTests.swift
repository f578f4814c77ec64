import Jute
import LinnaeusBase
import Testing

@testable import Zab

/// How long a write takes in an ensemble of five, without anything around it.
@Suite struct SpeedTests {
  @Test(.enabled(if: Effort.environment("ZAB_SPEED") != nil))
  func broadcast() {
    var options = ZabOptions()
    options.maxNotificationMilliseconds = 1_000
    let configuration = QuorumConfiguration(
      members: (1...5).map {
        QuorumConfiguration.Member(id: ServerID(rawValue: $0), address: Array("s:1:2".utf8))
      })
    var servers = (1...5).map {
      Zab(
        options: options, id: ServerID(rawValue: $0), configuration: configuration,
        acceptedEpoch: 0, currentEpoch: 0, window: TransactionWindow(after: .zero))
    }
    var effects = Array(repeating: ZabEffects(), count: 5)
    var now: Int64 = 0
    var isOpen = false

    /// Server 5 leads, with server n at link n − 1; everybody's disk is infinitely fast.
    func exchange() {
      var isQuiet = false
      while !isQuiet {
        isQuiet = true
        for server in 0..<5 {
          var place = 0
          while place < effects[server].events.count {
            switch effects[server].events[place] {
            case .log(let zxid): servers[server].durable(upTo: zxid, into: &effects[server])
            case .writeEpoch(let file, let epoch):
              servers[server].epochIsDurable(file, epoch, into: &effects[server])
            case .connect:
              servers[4].linkAccepted(Int32(server), into: &effects[4])
              servers[server].linkOpened(0, into: &effects[server])
              isOpen = true
            case .reportSessions: servers[server].reportSessions([], into: &effects[server])
            default: break
            }
            place += 1
          }
          if place > 0 { isQuiet = false }
          effects[server].events.removeAll(keepingCapacity: true)
          effects[server].touched.removeAll(keepingCapacity: true)
          for (to, message) in effects[server].notifications {
            let to = Int(to.rawValue) - 1
            message.withBorrowedBytes {
              servers[to].receiveNotification(
                $0, from: ServerID(rawValue: Int64(server + 1)), into: &effects[to])
            }
            isQuiet = false
          }
          effects[server].notifications = []
          for link in effects[server].outputs.indices where effects[server].outputs[link].count > 0
          {
            var output = ByteWriter()
            swap(&output, &effects[server].outputs[link])
            let (to, at) = server == 4 ? (link, Int32(0)) : (4, Int32(server))
            output.bytes.withBorrowedBytes {
              _ = servers[to].receive($0, on: at, into: &effects[to])
            }
            output.bytes.removeAll(keepingCapacity: true)
            swap(&output, &effects[server].outputs[link])
            isQuiet = false
          }
        }
      }
    }
    func advance(_ milliseconds: Int64) {
      now += milliseconds
      for server in 0..<5 {
        servers[server].advance(now: Instant(milliseconds: now), into: &effects[server])
      }
      exchange()
    }
    for server in 0..<5 { servers[server].durable(upTo: .zero, into: &effects[server]) }
    advance(0)
    advance(200)
    advance(100)
    advance(100)
    #expect(isOpen && servers.allSatisfy(\.isServing))
    let payload = [UInt8](repeating: 7, count: 160)
    let writes = 200_000
    let clock = ContinuousClock()
    let time = clock.measure {
      for write in 1...writes {
        let zxid = Zxid(rawValue: servers[4].epochStart.rawValue + Int64(write))
        payload.withBorrowedBytes { servers[4].propose($0, zxid: zxid, into: &effects[4]) }
        exchange()
        if write % 100 == 0 { advance(1) }
      }
    }
    #expect(servers.allSatisfy { $0.window.last.counter == UInt32(writes) })
    print("\(time / writes) for a write that five servers log and commit")
  }
}
