import LinnaeusBase
import Testing

@testable import Simulator

@Suite struct EventQueueTests {
  @Test("Events come by time, and those of one moment in the order of their scheduling")
  func order() {
    var random = SeededRandom(seed: 3)
    var queue = EventQueue()
    var expected: [(time: Int64, subject: Int32)] = []
    var taken: [(time: Int64, subject: Int32)] = []
    var now: Int64 = 0
    for subject in 0..<5_000 as Range<Int32> {
      let time = now + Int64(random.below(40))
      queue.schedule(.turn, at: time, subject: subject)
      expected.append((time, subject))
      if random.chance(1, in: 2), let event = queue.next() {
        now = event.time
        taken.append((event.time, event.subject))
      }
    }
    while let event = queue.next() { taken.append((event.time, event.subject)) }
    expected.sort { ($0.time, $0.subject) < ($1.time, $1.subject) }
    #expect(taken.map(\.time) == expected.map(\.time))
    #expect(taken.map(\.subject) == expected.map(\.subject))
  }

  @Test("Durations of exponential distribution have the mean that was asked for")
  func exponential() {
    var random = SeededRandom(seed: 11)
    var total: Int64 = 0
    for _ in 0..<20_000 { total += random.exponential(mean: 1_000_000) }
    #expect((900_000...1_150_000).contains(total / 20_000), "the mean is \(total / 20_000)")
  }

  @Test("A clock that is fast or slow shows a moment no earlier than it was asked to")
  func clocks() {
    for drift in [-50_000, -1, 0, 7, 50_000] as [Int64] {
      var clock = LocalClock(drift: drift, offset: 123_456_789, wallMilliseconds: 1_000)
      for step in 1...200 as ClosedRange<Int64> {
        let instant = Instant(nanoseconds: 123_456_789 + step * 987_654_321)
        let time = clock.time(of: instant)
        #expect(clock.instant(at: time) >= instant)
        #expect(clock.instant(at: time - 2) < instant)
      }
      clock.setDrift(-drift, at: 1_000_000_000)
      #expect(clock.instant(at: 1_000_000_000) <= clock.instant(at: 1_000_000_001))
    }
  }
}
