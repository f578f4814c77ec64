/// What the engines walk through: configurations at a layer, and how one leads to others.
///
/// A space holds a window of open operations at one layer at a time; all configurations that it is
/// asked about are at that layer. A configuration that has *committed* must still make the layer's
/// goal happen, though it would be allowed to pass.
protocol SearchSpace {
  associatedtype Configuration: Equatable

  var layerCount: Int { get }
  /// The same space before it was searched, which another thread may search at the same time.
  func separate() -> Self
  /// An estimate of the memory that it takes more and more of while it is searched.
  var bytes: Int { get }
  /// The layer of the window.
  var layer: Int { get }
  /// Before anything happened, at layer 0 before `admit`.
  var initial: Configuration { get }
  /// Which operation completes at the end of a layer.
  func goal(of layer: Int) -> Int32

  /// Moves the window to the next layer.
  mutating func advance()
  /// Moves the window back to the previous layer.
  mutating func retreat()

  /// Takes in the operations that open in this layer; false if that leads nowhere.
  mutating func admit(_ configuration: inout Configuration) -> Bool
  /// Whether the configuration may leave this layer as it is.
  func mayPass(_ configuration: Configuration) -> Bool
  /// Leaves this layer: forgets what closes; false if that leads nowhere.
  func pass(_ configuration: inout Configuration) -> Bool
  /// Appends every step that may lead to passing otherwise, the most promising last.
  mutating func appendSteps(
    from configuration: Configuration, to steps: inout [Step<Configuration>])
  /// How promising a configuration is: a frontier that must shrink keeps the largest.
  func score(_ configuration: Configuration) -> Int32
  /// Whether everything that `other` can still do, this one can: both at the same layer.
  func dominates(_ configuration: Configuration, _ other: Configuration) -> Bool
  /// A number that is equal for configurations that may dominate each other.
  func dominanceClass(_ configuration: Configuration) -> UInt64
  /// A hash of the whole configuration.
  func fingerprint(_ configuration: Configuration) -> UInt64
}

/// One operation placed.
struct Step<Configuration> {
  var operation: Int32
  var result: Configuration
}

extension Step: Sendable where Configuration: Sendable {}

/// Mixes a word into a hash.
@inline(__always)
func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
  let product = (hash ^ word ^ 0x9E37_79B9_7F4A_7C15)
    .multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
  return product.low ^ product.high
}
