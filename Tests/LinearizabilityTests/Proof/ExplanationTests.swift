import LinnaeusBase
import OperationHistory
import Testing

@testable import Linearizability

@Suite("Explanation")
struct ExplanationTests {
  private typealias Timed = (operation: ModelOperation, from: Int32, to: Int32)

  /// Explains a few operations; each is its own process, numbered as given.
  private func explained(
    _ name: ModelName, _ build: (inout ValueTable) -> [Timed]
  ) throws -> Explanation {
    var values = ValueTable()
    let entries = build(&values).enumerated().map { index, timed in
      Entry(timed.operation, invocation: timed.from, completion: timed.to, source: Int32(index))
    }
    let history = try makeHistory(
      [(nil, entries)], model: BuiltInModel(name, values: values))
    let compiled = try CompiledHistory(history)
    let partition = try #require(compiled.partitions.first)
    let result = checkLinearizability(partition, model: compiled.model, budget: SearchBudget())
    try #require(result.verdict == .violated)
    let explanation = explain(
      partition, result, compiled: compiled, history: history, budget: SearchBudget())
    return try #require(explanation)
  }

  private func number(_ number: Int64, _ values: inout ValueTable) -> ValueID {
    values.intern(integer: number)
  }

  // MARK: Registers

  @Test("A stale read")
  func staleRead() throws {
    let explanation = try explained(.register) { values in
      let (one, two) = (number(1, &values), number(2, &values))
      return [
        (.init(.write, one), 0, 1), (.init(.write, two), 2, 3), (.init(.read, two), 4, 5),
        (.init(.read, one), 6, 7),
      ]
    }
    #expect(
      explanation.summary
        == "Operation 3 (process 3, lines 8–9) read 1, but 1 had been replaced before this one"
        + " began: operation 0 (process 0, lines 2–3), the last that can have written it, had ended"
        + " before operation 1 (process 1, lines 4–5) began, which wrote 2.")
    #expect(explanation.states == ["2"])
    #expect(explanation.prefixOrder == [0, 1, 2])
    #expect(
      explanation.candidates == [
        .init(
          operation: 0,
          reason: "must come before operation 1 (process 1, lines 4–5), which wrote 2 and had"
            + " ended before this operation began")
      ])
  }

  @Test("A value out of nowhere")
  func fabricated() throws {
    let explanation = try explained(.register) { values in
      [(.init(.write, number(1, &values)), 0, 3), (.init(.read, number(7, &values)), 1, 2)]
    }
    #expect(
      explanation.summary
        == "Operation 1 (process 1, lines 3–4) read 7, but nothing in the history writes 7.")
    #expect(explanation.states == ["1", "null"])
  }

  @Test("A read from the future")
  func future() throws {
    let explanation = try explained(.register) { values in
      [(.init(.read, number(1, &values)), 0, 1), (.init(.write, number(1, &values)), 2, 3)]
    }
    #expect(
      explanation.summary
        == "Operation 0 (process 0, lines 2–3) read 1, but the only operation that writes 1,"
        + " operation 1 (process 1, lines 4–5), began only after this one had ended.")
    #expect(
      explanation.candidates
        == [.init(operation: 1, reason: "began after this operation had ended")])
  }

  @Test("A lost write")
  func lostWrite() throws {
    let explanation = try explained(.register) { values in
      [(.init(.write, number(1, &values)), 0, 1), (.init(.read, .null), 2, 3)]
    }
    #expect(
      explanation.summary
        == "Operation 1 (process 1, lines 4–5) read null, but operation 0 (process 0, lines 2–3)"
        + " had written 1 before this one began, and nothing brought back null.")
  }

  @Test("A lost update: two compare-and-sets of one value")
  func lostUpdate() throws {
    let explanation = try explained(.register) { values in
      let numbers = (0...3).map { number($0, &values) }
      return [
        (.init(.write, numbers[1]), 0, 1), (.init(.cas, numbers[1], numbers[2]), 2, 5),
        (.init(.cas, numbers[1], numbers[3]), 3, 6),
      ]
    }
    #expect(
      explanation.summary
        == "Operation 2 (process 2, lines 5–7) replaced 1 by 3, but operation 1 (process 1, lines"
        + " 4–6) replaced 1 by 2 as well, and 1 was written only once, by operation 0 (process 0,"
        + " lines 2–3).")
    #expect(explanation.states == ["1", "2"])
  }

  @Test("Two reads that swap")
  func swappedReads() throws {
    let explanation = try explained(.register) { values in
      let (one, two) = (number(1, &values), number(2, &values))
      return [
        (.init(.write, one), 0, 8), (.init(.write, two), 1, 9), (.init(.read, one), 2, 3),
        (.init(.read, two), 4, 5), (.init(.read, one), 6, 7),
      ]
    }
    #expect(
      explanation.summary
        == "Operation 4 (process 4, lines 8–9) read 1, but no order of the other operations brings"
        + " the register to that between its call and its return: it could only be 2.")
    #expect(
      explanation.candidates == [
        .init(
          operation: 0,
          reason: "cannot be the last to write before this operation in any order that explains"
            + " all other answers")
      ])
  }

  @Test("A failed compare-and-set that should have succeeded")
  func failedCas() throws {
    let explanation = try explained(.register) { values in
      let one = number(1, &values)
      return [(.init(.write, one), 0, 1), (.init(.failedCas, one), 2, 3)]
    }
    #expect(
      explanation.summary
        == "Operation 1 (process 1, lines 4–5) found another value than 1, which it was to replace,"
        + " but no order of the other operations brings the register to that between its call and its return: it could"
        + " only be 1.")
  }

  // MARK: Containers

  @Test("A value dequeued twice")
  func dequeuedTwice() throws {
    let explanation = try explained(.queue) { values in
      let one = number(1, &values)
      return [
        (.init(.insert, one), 0, 1), (.init(.extract, one), 2, 4), (.init(.extract, one), 3, 5),
      ]
    }
    #expect(
      explanation.summary
        == "Operation 2 (process 2, lines 5–7) dequeued 1, but operation 1 (process 1, lines 4–6)"
        + " dequeued 1 as well, and 1 was enqueued only once, by operation 0 (process 0, lines"
        + " 2–3).")
  }

  @Test("Values dequeued in the wrong order")
  func outOfOrder() throws {
    let explanation = try explained(.queue) { values in
      let (one, two) = (number(1, &values), number(2, &values))
      return [
        (.init(.insert, one), 0, 1), (.init(.insert, two), 2, 3), (.init(.extract, two), 4, 5),
        (.init(.extract, one), 6, 7),
      ]
    }
    #expect(
      explanation.summary
        == "Operation 2 (process 2, lines 6–7) dequeued 2, but 1 was ahead of it: operation 0"
        + " (process 0, lines 2–3) had enqueued 1 before operation 1 (process 1, lines 4–5), the"
        + " first to enqueue 2, began, and nothing had begun to take 1 out.")
    #expect(explanation.states == ["[1, 2]"])
  }

  @Test("A lost element")
  func lostElement() throws {
    let explanation = try explained(.queue) { values in
      [(.init(.insert, number(1, &values)), 0, 1), (.init(.extract, .null), 2, 3)]
    }
    #expect(
      explanation.summary
        == "Operation 1 (process 1, lines 4–5) found the queue empty, but operation 0 (process 0,"
        + " lines 2–3) had enqueued 1 before this one began, and nothing had begun to take 1 out.")
  }

  @Test("A stack that gives what is below")
  func stack() throws {
    let explanation = try explained(.stack) { values in
      let (one, two) = (number(1, &values), number(2, &values))
      return [
        (.init(.insert, one), 0, 1), (.init(.insert, two), 2, 3), (.init(.extract, one), 4, 5),
      ]
    }
    #expect(
      explanation.summary
        == "Operation 2 (process 2, lines 6–7) popped 1, but 2 was above it: operation 1 (process"
        + " 1, lines 4–5) pushed 2 after operation 0 (process 0, lines 2–3), the last to push 1,"
        + " had ended, and nothing had begun to take 2 out.")
  }

  @Test("A priority queue that gives what is not the least")
  func priorityQueue() throws {
    let explanation = try explained(.priorityQueue) { values in
      let (one, two) = (number(1, &values), number(2, &values))
      return [
        (.init(.insert, two), 0, 1), (.init(.insert, one), 2, 3), (.init(.extract, two), 4, 5),
      ]
    }
    #expect(
      explanation.summary
        == "Operation 2 (process 2, lines 6–7) took out 2, but 1 is smaller: operation 1 (process"
        + " 1, lines 4–5) had inserted 1 before this one began, and nothing had begun to take 1"
        + " out.")
  }

  // MARK: Others

  @Test("A mutex held by two")
  func mutex() throws {
    let explanation = try explained(.mutex) { values in
      let (one, two) = (number(1, &values), number(2, &values))
      return [(.init(.acquire, one), 0, 1), (.init(.acquire, two), 2, 3)]
    }
    #expect(
      explanation.summary
        == "Operation 1 (process 2, lines 4–5) acquired the mutex, but operation 0 (process 1,"
        + " lines 2–3) acquired it too, and process 1 had not begun to release it.")
    #expect(explanation.states == ["held by process 1"])
  }

  @Test("A mutex released by another")
  func foreignRelease() throws {
    let explanation = try explained(.mutex) { values in
      let (one, two) = (number(1, &values), number(2, &values))
      return [(.init(.acquire, one), 0, 1), (.init(.release, two), 2, 3)]
    }
    #expect(
      explanation.summary
        == "Operation 1 (process 2, lines 4–5) released the mutex, but process 2 had not begun to"
        + " acquire it.")
  }

  @Test("Lists that are no prefixes of each other")
  func lists() throws {
    let explanation = try explained(.listAppend) { values in
      let numbers = (0...2).map { number($0, &values) }
      let first = values.intern(list: [numbers[1], numbers[2]])
      let second = values.intern(list: [numbers[2], numbers[1]])
      return [
        (.init(.append, numbers[1]), 0, 9), (.init(.append, numbers[2]), 1, 8),
        (.init(.read, first), 2, 3), (.init(.read, second), 4, 5),
      ]
    }
    #expect(
      explanation.summary
        == "Operation 3 (process 3, lines 6–7) read [2, 1], but operation 2 (process 2, lines 4–5)"
        + " read [1, 2], and neither list continues the other.")
  }

  @Test("A set that lost an element, and a counter that lost an addition")
  func lostAdditions() throws {
    let set = try explained(.set) { values in
      let empty = values.intern(list: [])
      return [(.init(.add, number(1, &values)), 0, 1), (.init(.read, empty), 2, 3)]
    }
    #expect(
      set.summary
        == "Operation 1 (process 1, lines 4–5) read [], but operation 0 (process 0, lines 2–3) had"
        + " added 1 before this one began, and nothing had begun to remove it.")
    let counter = try explained(.counter) { values in
      let (one, two) = (number(1, &values), number(2, &values))
      return [
        (.init(.add, one), 0, 1), (.init(.add, two), 2, 3), (.init(.add, one), 4, .max),
        (.init(.read, one), 5, 6),
      ]
    }
    #expect(
      counter.summary
        == "Operation 3 (process 3, lines 7–8) read 1, but what had been added before it began"
        + " comes to 3 already.")
    #expect(counter.states == ["3", "4"])
  }

  @Test("A semaphore with too few permits")
  func semaphore() throws {
    let explanation = try explained(.semaphore) { values in
      let one = number(1, &values)
      return [(.init(.acquire, one), 0, 2), (.init(.acquire, one), 1, 3)]
    }
    #expect(
      explanation.summary
        == "Operation 1 (process 1, lines 3–5) acquired 1 permit, but no order of the operations"
        + " seen by then has a place for it; without it the semaphore could have 0 of 1 left or 1 of"
        + " 1 left at that time.")
  }

  @Test("An append that is missing")
  func missingAppend() throws {
    let explanation = try explained(.keyValue) { values in
      let (a, b) = (values.intern(.string("a")), values.intern(.string("b")))
      return [
        (.init(.append, a), 0, 1), (.init(.append, b), 2, 3), (.init(.read, b), 4, 5),
      ]
    }
    #expect(
      explanation.summary
        == "Operation 2 (process 2, lines 6–7) read \"b\", but operation 0 (process 0, lines 2–3)"
        + " had appended \"a\" before this one began, and that is missing.")
  }
}
