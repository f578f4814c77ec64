import Linearizability
import OperationHistory
import Testing

@testable import Consistency

/// The model and the search against brute force over a tree that executes requests.
@Suite("Znodes against brute force")
struct DifferentialTests {
  private static let seeds: UInt64 = 800

  private func read(_ lines: [String]) throws -> History {
    try ConsistencyTests.history(lines)
  }

  private func history(
    _ seed: UInt64, paths: [String] = ["/a"], hasEphemerals: Bool = false
  ) -> RandomTreeHistory {
    var history = RandomTreeHistory(
      seed: seed, paths: paths, hasEphemerals: hasEphemerals, count: 5 + Int(seed % 4))
    if !seed.isMultiple(of: 3) { _ = history.spoil() }
    return history
  }

  @Test("One path: the same verdict")
  func onePath() throws {
    var violated: UInt64 = 0
    for seed in 0..<Self.seeds as Range<UInt64> {
      let history = history(seed)
      let expected: Verdict = history.hasOrder() ? .holds : .violated
      let found = try verdict(history.text)
      // What a multi found after it had changed the path itself is not looked at.
      if history.hasRefusedMulti, found == .holds { continue }
      #expect(found == expected, "seed \(seed)\n\(history.text.joined(separator: "\n"))")
      if expected == .violated { violated += 1 }
    }
    #expect((Self.seeds / 10...Self.seeds / 2).contains(violated), "\(violated) are violations")
  }

  @Test("Several paths, sessions that end: what has an order is never refused")
  func neverAFalseAlarm() throws {
    var (held, violated): (UInt64, UInt64) = (0, 0)
    for seed in 0..<Self.seeds as Range<UInt64> {
      let history = history(seed, paths: ["/a", "/a/b", "/c"], hasEphemerals: true)
      let found = try verdict(history.text)
      if history.hasOrder() {
        held += 1
        #expect(found == .holds, "seed \(seed)\n\(history.text.joined(separator: "\n"))")
      } else if found == .violated {
        violated += 1
      }
    }
    #expect(
      held > Self.seeds / 10 && violated > Self.seeds / 50, "\(held) hold, \(violated) are refused")
  }

  @Test("Each part of a step matters", arguments: ModelMutant.allCases)
  func mutants(_ mutant: ModelMutant) throws {
    for seed in 0..<Self.seeds as Range<UInt64> {
      let history = history(seed, hasEphemerals: mutant == .immortalEphemerals)
      let projection = try ZnodeProjection(read(history.text), reads: .all)
      let compiled = mutant.applied(to: projection.compiled)
      let expected: Verdict = history.hasOrder() ? .holds : .violated
      if checkLinearizability(compiled).verdict != expected { return }
    }
    Issue.record("no seed tells \(mutant) from the model")
  }
}

/// Models that are wrong in one point.
enum ModelMutant: CaseIterable {
  case anyVersion, noVersionCount, noStat, noData, otherVersionIsAny, nothingIsAnything
  case immortalEphemerals, versionsGoOn

  func applied(to compiled: CompiledHistory) -> CompiledHistory {
    guard var model = compiled.model.foreign as? ZnodeModel else { return compiled }
    for index in model.steps.indices { mutate(&model.steps[index]) }
    var mutated = compiled
    mutated.model.foreign = model
    return mutated
  }

  private func mutate(_ step: inout ZnodeStep) {
    switch self {
    case .anyVersion:
      if step.action == .setData || step.action == .delete { step.expected = -1 }
    case .noVersionCount: step.facts.version = RecordedStat.unknownCount
    case .noStat: step.facts = ZnodeFacts()
    case .noData: if step.action == .found { step.data = .absent }
    case .otherVersionIsAny: if step.action == .foundOther { step = ZnodeStep(action: .found) }
    case .nothingIsAnything: if step.action == .foundNothing { step = ZnodeStep(action: .found) }
    case .immortalEphemerals: if step.action == .ended { step.owner = 99 }
    case .versionsGoOn: if step.action == .setData { step.facts.version = 0 }
    }
  }
}
