import Testing

@testable import OperationHistory

@Suite("Drains of queues")
struct DrainTests {
  private func history(_ answer: String, type: String = "ok") throws -> History {
    let text = """
      {:type :invoke, :f :enqueue, :value 1, :process 0}
      {:type :ok, :f :enqueue, :value 1, :process 0}
      {:type :invoke, :f :drain, :value nil, :process 1}
      {:type :\(type), :f :drain, :value \(answer), :process 1}
      {:type :invoke, :f :enqueue, :value 2, :process 0}
      {:type :ok, :f :enqueue, :value 2, :process 0}

      """
    return try Array(text.utf8).withUnsafeBytes { try HistoryReader.read($0) }
  }

  @Test("One dequeue for each element, all of the drain's interval")
  func elements() throws {
    var history = try history("[1 7 8]")
    let drain = history.operations[1]
    try history.separateDrains()
    #expect(
      history.operations.map(history.name) == [
        "enqueue", "dequeue", "enqueue", "dequeue", "dequeue",
      ])
    let parts = [1, 3, 4].map { history.operations[$0] }
    #expect(parts.map { history.values[$0.result] } == [.integer(1), .integer(7), .integer(8)])
    #expect(parts.map(\.id) == [1, 3, 4])
    #expect(parts.allSatisfy { $0.invocation == drain.invocation })
    #expect(parts.allSatisfy { $0.completion == drain.completion })
  }

  @Test("What took nothing, or failed, says nothing")
  func nothing() throws {
    for var history in [try history("[]"), try history("nil", type: "fail")] {
      try history.separateDrains()
      #expect(history.operations.count == 3)
      #expect(history.name(of: history.operations[1]) == "dequeue")
      #expect(history.operations[1].outcome == .fail)
    }
  }

  @Test("What does not tell what it took is refused with its line")
  func refused() throws {
    var unanswered = try history("nil", type: "info")
    #expect {
      try unanswered.separateDrains()
    } throws: { ($0 as? HistoryError)?.line == 3 }
    var odd = try history("5")
    #expect {
      try odd.separateDrains()
    } throws: { ($0 as? HistoryError)?.line == 4 }
  }
}
