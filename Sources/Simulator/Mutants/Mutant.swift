import LinnaeusBase

/// A bug that can be switched on, to show that somebody sees it.
public struct Mutant: Hashable, Sendable {
  /// What the command line calls it: the number of a real bug in ZooKeeper's issue tracker where
  /// there is one.
  public var name: String
  /// What is broken, in a few words.
  public var summary: String
  /// The property that sees it where no promise is broken without a bound of the user's.
  public var property: String?
  private var driver: DriverMutants
  private var mutations: Mutations

  /// What a driver gets wrong, or a server or its protocol.
  init(
    _ name: String, _ summary: String, property: String? = nil, driver: DriverMutants = [],
    _ mutations: Mutations = []
  ) {
    self.name = name
    self.summary = summary
    self.property = property
    self.driver = driver
    self.mutations = mutations
  }

  /// The mutant of that name.
  public init?(named name: String) {
    guard let mutant = Self.all.first(where: { $0.name == name }) else { return nil }
    self = mutant
  }

  /// Switches it on.
  public func apply(to options: inout SimulationOptions) {
    options.mutants.formUnion(driver)
    options.mutations.formUnion(mutations)
  }
}
