/// What the clients of a run do.
public struct WorkloadOptions: Hashable, Sendable {
  /// How many clients there are.
  public var clients = 5

  /// A small mix.
  public init() {}
}
