import LinnaeusBase
import Testing

@testable import Simulator

/// Two hosts and a connection between them.
private struct TwoHosts {
  var network: Network
  var queue = EventQueue()
  var now: Int64 = 0
  let connection: Int32
  /// By receiving end, what has arrived.
  var arrived: [[UInt8]] = [[], []]
  var hasEnded = [false, false]

  init(seed: UInt64, _ change: (inout NetworkOptions) -> Void = { _ in }) {
    var options = NetworkOptions()
    options.jitterNanoseconds = 400_000
    change(&options)
    network = Network(options: options, hosts: 2, seed: seed)
    connection = network.connect(.client, from: 0, slot: 0, to: 1, now: 0, queue: &queue)
    while let event = queue.next() {
      now = event.time
      if event.kind == .connect { break }
    }
    network.accept(connection, slot: 0, now: now, queue: &queue)
  }

  mutating func send(_ text: String, from end: Int32) {
    var bytes = Array(text.utf8)
    network.send(&bytes, from: connection * 2 + end, now: now, queue: &queue)
  }

  mutating func run(until limit: Int64 = .max) {
    while let time = queue.nextTime, time <= limit, let event = queue.next() {
      now = event.time
      guard event.kind == .arrival, network.isCurrent(event.subject >> 1, event.generation)
      else { continue }
      let pipe = event.subject
      network.disarm(pipe)
      let sender = network.ends[Int(pipe)].host
      if network.isBlocked(sender, 1 - sender) {
        network.stall(pipe, now: now)
        continue
      }
      take(pipe, event.generation)
    }
    now = limit == .max ? now : limit
  }

  private mutating func take(_ pipe: Int32, _ generation: UInt32) {
    while network.isCurrent(pipe >> 1, generation),
      let segment = network.takeArrived(pipe, now: now)
    {
      let receiver = Int(pipe & 1 ^ 1)
      if segment.content == .end { hasEnded[receiver] = network.finish(pipe ^ 1) }
      arrived[receiver] += segment.bytes
    }
    if network.isCurrent(pipe >> 1, generation) { network.arm(pipe, queue: &queue) }
  }

  func text(at end: Int) -> String { String(decoding: arrived[end], as: UTF8.self) }
}

/// Connections as TCP gives them.
@Suite struct NetworkTests {
  @Test("Bytes arrive whole and in order, however late", arguments: 1...30 as ClosedRange<UInt64>)
  func order(seed: UInt64) {
    var hosts = TwoHosts(seed: seed) { $0.oneLostIn = 5 }
    var sent = ""
    for number in 0..<100 {
      hosts.send("\(number) ", from: 0)
      hosts.send("\(number) ", from: 1)
      sent += "\(number) "
      hosts.run(until: hosts.now + 50_000)
    }
    hosts.run()
    #expect(hosts.text(at: 1) == sent, "seed \(seed)")
    #expect(hosts.text(at: 0) == sent, "seed \(seed)")
  }

  @Test("A one-way split holds up one direction until it is healed, and loses nothing")
  func split() {
    var hosts = TwoHosts(seed: 1)
    hosts.run()
    hosts.network.block(0, 1)
    hosts.send("there", from: 0)
    hosts.send("back", from: 1)
    hosts.run(until: hosts.now + 10_000_000_000)
    #expect(hosts.text(at: 1) == "")
    #expect(hosts.text(at: 0) == "back")
    hosts.network.unblock(0, 1)
    for pipe in 0..<2 as Range<Int32> {
      hosts.network.resume(pipe, now: hosts.now, queue: &hosts.queue)
    }
    hosts.send(" again", from: 0)
    hosts.run()
    #expect(hosts.text(at: 1) == "there again")
  }

  @Test("What was sent before a close arrives, and then the end")
  func close() {
    var hosts = TwoHosts(seed: 5)
    hosts.send("last words", from: 0)
    hosts.network.close(hosts.connection * 2, now: hosts.now, queue: &hosts.queue)
    hosts.run()
    #expect(hosts.text(at: 1) == "last words")
    #expect(hosts.hasEnded == [false, true])
  }

  @Test("A connection that breaks loses an end of what was under way, and nothing else")
  func breaking() {
    var lengths: Set<Int> = []
    for seed in 1...40 as ClosedRange<UInt64> {
      var hosts = TwoHosts(seed: seed)
      hosts.run()
      for letter in "abcdef" { hosts.send(String(letter), from: 0) }
      hosts.network.breakUp(hosts.connection, now: hosts.now, queue: &hosts.queue)
      hosts.run()
      #expect("abcdef".hasPrefix(hosts.text(at: 1)), "seed \(seed): \(hosts.text(at: 1))")
      #expect(hosts.hasEnded[1], "seed \(seed)")
      lengths.insert(hosts.arrived[1].count)
    }
    #expect(lengths.contains(0) && lengths.contains(6) && lengths.count > 4)
  }

  @Test("The n-th message of a pair meets the same weather, whatever others do")
  func weather() {
    var one = TwoHosts(seed: 9) { $0.oneLostIn = 3 }
    var other = TwoHosts(seed: 9) { $0.oneLostIn = 3 }
    for _ in 0..<10 { _ = other.network.arrival(from: 1, to: 0, bytes: 1, now: 0) }
    for _ in 0..<50 {
      let first = one.network.arrival(from: 0, to: 1, bytes: 1, now: 0).time
      #expect(first == other.network.arrival(from: 0, to: 1, bytes: 1, now: 0).time)
    }
  }
}
