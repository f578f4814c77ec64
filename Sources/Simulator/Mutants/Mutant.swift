import LinnaeusBase
import Replica
import Tree
import Zab

/// A bug that can be switched on, to show that somebody sees it.
public struct Mutant: Hashable, Sendable {
  /// What the command line calls it: the number of a real bug in ZooKeeper's issue tracker where
  /// there is one.
  public var name: String
  /// What is broken, in a few words.
  public var summary: String
  /// Whether it takes an ensemble to show it.
  public var needsEnsemble = true
  /// The property that must see it where no oracle can: only the history shows it.
  public var property: String?
  private var driver: DriverMutants = []
  private var zab: Zab.Mutations = []
  private var replica: Mutations = []

  private init(_ name: String, _ summary: String) {
    self.name = name
    self.summary = summary
  }

  /// What a driver gets wrong.
  init(_ name: String, _ summary: String, alone: Bool = false, driver: DriverMutants) {
    self.init(name, summary)
    needsEnsemble = !alone
    self.driver = driver
  }

  /// What the protocol gets wrong.
  init(_ name: String, _ summary: String, property: String? = nil, zab: Zab.Mutations) {
    self.init(name, summary)
    self.property = property
    self.zab = zab
  }

  /// What a server gets wrong.
  init(
    _ name: String, _ summary: String, alone: Bool = false, property: String? = nil,
    _ replica: Mutations
  ) {
    self.init(name, summary)
    needsEnsemble = !alone
    self.property = property
    self.replica = replica
  }

  /// The mutant of that name.
  public init?(named name: String) {
    guard let mutant = Self.all.first(where: { $0.name == name }) else { return nil }
    self = mutant
  }

  /// Switches it on.
  public func apply(to options: inout SimulationOptions) {
    options.mutants.formUnion(driver)
    options.zabMutations.formUnion(zab)
    options.replicaMutations.formUnion(replica)
    options.replica.tree.mutations.formUnion(replica)
  }
}
