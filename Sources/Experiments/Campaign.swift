/// Runs over a range of seeds.
public struct Campaign: Hashable, Sendable {
  /// The seeds, both ends included.
  public var seeds: ClosedRange<UInt64>

  /// A run for each seed.
  public init(seeds: ClosedRange<UInt64>) {
    self.seeds = seeds
  }
}
