import LinnaeusBase
import Testing

@testable import Simulator

/// Bugs that are switched on are seen; `linnaeus simulate --mutants` tries all of them.
@Suite struct MutantTests {
  private static func violations(_ seed: UInt64, _ mutant: Mutant? = nil) -> [Violation] {
    var frame = SimulationOptions.Frame.campaigns
    frame.operations = 250
    var options = SimulationOptions.draw(seed: seed, within: frame)
    mutant?.apply(to: &options)
    var simulation = Simulation(options)
    return simulation.run().violations
  }

  @Test(
    "A bug is caught, and its seed is clean without it",
    arguments: [
      "zookeeper-4925", "zookeeper-1549", "zookeeper-2355", "zookeeper-2872",
      "skip-directory-sync",
    ])
  func isCaught(_ name: String) throws {
    let mutant = try #require(Mutant(named: name))
    let seeds = 1...20 as ClosedRange<UInt64>
    let caught = try #require(
      seeds.first { !Self.violations($0, mutant).isEmpty }, "no seed catches \(name)")
    #expect(Self.violations(caught).isEmpty, "seed \(caught) without \(name)")
  }

  @Test("The catalogue has each bug once, and enough of the real ones")
  func catalogue() {
    let names = Mutant.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.count { $0.hasPrefix("zookeeper-") } >= 15)
    #expect(names.count { !$0.hasPrefix("zookeeper-") } >= 8)
    // Each does something, and none does what another one does.
    var applied: [(DriverMutants, UInt64)] = []
    for mutant in Mutant.all {
      var options = SimulationOptions(seed: 1)
      mutant.apply(to: &options)
      let bits = (options.mutants, options.mutations.rawValue)
      #expect(bits != ([], 0) && !applied.contains { $0 == bits }, "\(mutant.name)")
      applied.append(bits)
    }
  }
}
