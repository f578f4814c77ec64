import LinnaeusBase
import Simulator
import Testing

@testable import Experiments

@Suite("Minimising")
struct MinimisingTests {
  @Test("Of a list exactly the elements are left that it takes to fail")
  func lists() {
    var random = SeededRandom(seed: 7)
    for round in 0..<300 {
      let count = 1 + random.below(40)
      let needed = (0..<count).filter { _ in random.chance(1, in: 8) }
      var calls = 0
      let part = minimalFailingPart(of: Array(0..<count)) { part in
        calls += 1
        return needed.allSatisfy { part.contains($0) }
      }
      #expect(part == needed, "round \(round)")
      #expect(calls <= 2 + count * count + count, "round \(round)")
    }
  }

  @Test("A list that fails for several reasons is left with one of them, in order")
  func alternatives() {
    let part = minimalFailingPart(of: Array(0..<20)) { part in
      part.contains(3) && part.contains(17) || part.contains(5)
    }
    #expect(part == [5] || part == [3, 17])
  }

  @Test("When time is up, what is left fails still")
  func noTime() {
    for limit in 0..<12 {
      var calls = 0
      let part = minimalFailingPart(of: Array(0..<16)) { part -> Bool? in
        calls += 1
        return calls > limit ? nil : part.contains(2) && part.contains(11)
      }
      #expect(part.contains(2) && part.contains(11), "after \(limit) calls")
      #expect(calls <= limit + 1)
    }
  }

  @Test("The smallest number that fails")
  func numbers() {
    for least in [1, 7, 100] {
      #expect(smallFailingNumber(100, from: 1) { $0 >= least } == least)
    }
    #expect(smallFailingNumber(100, from: 1) { _ in nil } == 100)
  }

  @Test("A run with a planted bug is found, made smaller, and what is left still fails")
  func planted() throws {
    let mutant = try #require(Mutant(named: "acknowledge-before-sync"))
    let plans = (1...200).lazy.map { RunPlan(seed: $0, mutant: mutant) }
    let plan = try #require(plans.first { !$0.run().isClean })
    #expect(RunPlan(seed: plan.seed).run().isClean, "seed \(plan.seed)")
    let promise = try #require(plan.run().findings.first?.promise)
    var minimiser = Minimiser(plan, breaking: promise, within: .seconds(4))
    let smaller = minimiser.minimise()
    let schedule = try #require(smaller.schedule)
    let before = RunSchedule(plan.options)
    #expect(schedule.faults.count < before.faults.count, "seed \(plan.seed)")
    #expect(schedule.operations <= before.operations, "seed \(plan.seed)")
    // As it is printed and read back.
    var again = plan
    again.schedule = try RunSchedule(text: schedule.text, elseAs: before)
    let outcome = again.run()
    #expect(outcome == smaller.run())
    #expect(outcome.findings.contains { $0.promise == promise })
    guard !minimiser.isCutShort else { return }
    for index in schedule.faults.indices {
      again.schedule?.faults = schedule.faults
      again.schedule?.faults.remove(at: index)
      #expect(
        !again.run().findings.contains { $0.promise == promise },
        "seed \(plan.seed) does not need fault \(index + 1)")
    }
  }
}
