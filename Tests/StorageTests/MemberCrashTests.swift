import LinnaeusBase
import Testing

@testable import Storage

/// Crashes at every operation of a member whose log is cut and replaced, and who makes promises.
@Suite struct MemberCrashTests {
  static func step(_ member: inout MemberModel) throws {
    switch member.random.below(40) {
    case 0...3:
      for _ in 0...member.random.below(5) { member.append(size: member.random.below(300)) }
    case 4...6: member.flush()
    case 7...9: member.beginSnapshot()
    case 10...16: member.continueSnapshot()
    case 17...22: member.tellNext()
    case 23: member.writeEpoch()
    case 24: if member.random.chance(1, in: 3) { try member.truncate() }
    case 25: if member.random.chance(1, in: 3) { member.restart() }
    default: member.executeNext()
    }
  }

  static func crash(_ member: MemberModel, tear: UInt64) throws {
    var member = member
    var random = SeededRandom(seed: tear &* 31 &+ UInt64(member.disk.executed))
    for _ in 0..<4 {
      try member.crash(random.chance(1, in: 5) ? .process : .power(seed: random.next()))
      let limit = member.disk.executed + random.below(40)
      for _ in 0..<200 where member.disk.executed < limit { try step(&member) }
    }
    member.settle()
    try member.crash(.power(seed: random.next()))
    member.settle()
    if member.current.told != member.current.entries.count {
      throw Loss(message: "the end was never told")
    }
  }

  /// Crashes before each operation of a workload.
  static func crashEverywhere(
    workload: UInt64, tears: Range<UInt64>, mutant: MemberMutant? = nil
  ) throws -> MemberModel {
    var member = MemberModel(
      options: CrashTests.options(workload), seed: workload, mutant: mutant)
    var last = -1
    for _ in 0..<900 {
      do {
        if member.disk.executed > last {
          last = member.disk.executed
          for tear in tears { try crash(member, tear: tear) }
        }
        try step(&member)
      } catch {
        throw Loss(message: "workload \(workload), operation \(last): \(error)")
      }
    }
    return member
  }

  @Test("A crash leaves the old history or the new one, and every promise is kept")
  func everyOperation() throws {
    var truncations = 0
    var replacements = 0
    for workload in 1...UInt64(Effort.scaled(2)) {
      let member = try Self.crashEverywhere(workload: workload, tears: 0..<1)
      truncations += member.truncations
      replacements += member.replacements
    }
    #expect(truncations > 2)
    #expect(replacements > 2)
  }

  @Test("What is left out is noticed", arguments: MemberMutant.allCases)
  func mutants(_ mutant: MemberMutant) {
    for workload in 1...40 as ClosedRange<UInt64> {
      do {
        _ = try Self.crashEverywhere(workload: workload, tears: 0..<1, mutant: mutant)
      } catch {
        return
      }
    }
    Issue.record("\(mutant) was not noticed")
  }
}
