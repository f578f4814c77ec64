import LinnaeusBase

/// A bug that can be switched on, to show that somebody sees it.
public struct Mutant: Hashable, Sendable {
  /// What the command line calls it: the number of a real bug in ZooKeeper's issue tracker where
  /// there is one.
  public var name: String
  /// What is broken, in a few words.
  public var summary: String
  /// The property that must see it where no oracle can: only the history shows it.
  public var property: String?
  private var driver: DriverMutants = []
  private var mutations: Mutations = []

  private init(_ name: String, _ summary: String) {
    self.name = name
    self.summary = summary
  }

  /// What a driver gets wrong.
  init(_ name: String, _ summary: String, driver: DriverMutants) {
    self.init(name, summary)
    self.driver = driver
  }

  /// What a server or its protocol gets wrong.
  init(
    _ name: String, _ summary: String, property: String? = nil, _ mutations: Mutations
  ) {
    self.init(name, summary)
    self.property = property
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
