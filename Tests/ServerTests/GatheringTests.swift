import Testing

@testable import Server

/// Who is expected to share the next sync.
struct GatheringTests {
  @Test("Those are expected who asked before one of the last two syncs and have not asked again")
  func expectation() {
    var gathering = Gathering()
    var (first, second, third) = (0, 0, 0)
    #expect(gathering.expected == 0)
    gathering.ask(&first)
    gathering.ask(&second)
    gathering.ask(&second)
    #expect(gathering.asked == 2)
    #expect(gathering.expected == 0)
    gathering.synced()
    #expect(gathering.asked == 0)
    #expect(gathering.expected == 2)
    gathering.ask(&third)
    #expect(gathering.expected == 2)
    gathering.ask(&first)
    #expect(gathering.expected == 1)
    gathering.synced()
    // The second asked before the last but one, the others before the last.
    #expect(gathering.expected == 3)
    gathering.ask(&first)
    gathering.ask(&second)
    #expect(gathering.expected == 1)
    gathering.synced()
    #expect(gathering.expected == 3)
    gathering.synced()
    #expect(gathering.expected == 2)
    gathering.synced()
    #expect(gathering.expected == 0)
  }

  @Test("A client alone is never waited for, for it has asked")
  func alone() {
    var gathering = Gathering()
    var client = 0
    for _ in 0..<10 {
      gathering.ask(&client)
      #expect(gathering.expected == 0)
      gathering.synced()
    }
  }

  @Test("Once somebody was waited for in vain, nobody is for a while")
  func vain() {
    var gathering = Gathering()
    var (client, other) = (0, 0)
    gathering.ask(&other)
    gathering.synced()
    gathering.ask(&client)
    #expect(gathering.expected == 1)
    gathering.giveUp()
    for _ in 0..<Gathering.pause {
      #expect(gathering.expected == 0)
      gathering.ask(&other)
      gathering.synced()
    }
    #expect(gathering.expected == 1)
  }
}
