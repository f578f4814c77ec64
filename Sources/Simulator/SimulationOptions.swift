/// How a simulated run is set up.
public struct SimulationOptions: Hashable, Sendable {
  /// What everything that varies follows from.
  public var seed: UInt64

  /// A run of its own for each seed.
  public init(seed: UInt64) {
    self.seed = seed
  }
}
