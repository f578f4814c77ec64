/// Operations each of which comes before the next, and the last before the first.
///
/// No order can have them all.
public struct Cycle: Hashable, Sendable {
  /// One operation that comes before another.
  public struct Step: Hashable, Sendable {
    /// What comes first.
    public var from: Int32
    /// What comes after it.
    public var to: Int32
    /// Why.
    public var kind: EdgeKind
    /// What the maker of the graph remembers with the edge.
    public var label: Int32

    /// A step.
    public init(from: Int32, to: Int32, kind: EdgeKind, label: Int32 = -1) {
      self.from = from
      self.to = to
      self.kind = kind
      self.label = label
    }
  }

  /// The steps; each begins where the one before it ends.
  public var steps: [Step]

  /// A cycle of these steps.
  public init(_ steps: [Step]) { self.steps = steps }

  /// How many operations it has.
  public var length: Int { steps.count }

  /// The cycle as it is told, from another step on.
  public func starting(at index: Int) -> Cycle {
    Cycle(Array(steps[index...] + steps[..<index]))
  }

  /// Its class, where `zxid` steps are between writes only.
  public var anomaly: Anomaly { Anomaly(of: self) }
}

/// The class of a cycle, as Elle names it: Adya's phenomenon by what is read and written, and whether
/// the order of sessions or real time is needed for it.
///
/// Kingsbury and Alvaro, "Elle" (VLDB 2020). The order of transactions that zxids tell counts as
/// `ww`, and where a read is in it as `wr` or `rw`: the read saw the state that its zxid tells.
public struct Anomaly: Hashable, Sendable, CustomStringConvertible {
  /// The phenomenon.
  public enum Phenomenon: String, CaseIterable, Sendable {
    /// Writes alone are in a cycle.
    case g0 = "G0"
    /// Writes and what was read of them.
    case g1c = "G1c"
    /// One read misses one write.
    case gSingle = "G-single"
    /// Several reads miss writes.
    case g2 = "G2"
  }

  /// What of an order outside the data is needed.
  public enum Suffix: String, CaseIterable, Sendable {
    /// Nothing.
    case none = ""
    /// The order of sessions.
    case process = "-process"
    /// Real time.
    case realTime = "-realtime"
  }

  /// What is read and written.
  public var phenomenon: Phenomenon
  /// What else is needed.
  public var suffix: Suffix

  /// The class of that name.
  public init(_ phenomenon: Phenomenon, _ suffix: Suffix = .none) {
    self.phenomenon = phenomenon
    self.suffix = suffix
  }

  /// The class of a cycle.
  ///
  /// - Parameters:
  ///   - cycle: the cycle.
  ///   - isWrite: which operations write.
  public init(of cycle: Cycle, isWrite: (_ operation: Int32) -> Bool = { _ in true }) {
    var kinds: EdgeKinds = []
    var misses = 0
    for step in cycle.steps {
      kinds.insert(EdgeKinds(step.kind))
      let isOfReads = step.kind == .zxidOfReads
      if isOfReads, !isWrite(step.to) { kinds.insert(.writeRead) }
      if step.kind == .readWrite || (isOfReads && !isWrite(step.from)) { misses += 1 }
    }
    switch misses {
    case 0: phenomenon = kinds.contains(.writeRead) ? .g1c : .g0
    case 1: phenomenon = .gSingle
    default: phenomenon = .g2
    }
    let sessions: EdgeKinds = [.process, .watch, .expiry, .handshake]
    if !kinds.isDisjoint(with: EdgeKinds.realTime.union(.sync)) {
      suffix = .realTime
    } else {
      suffix = kinds.isDisjoint(with: sessions) ? .none : .process
    }
  }

  /// `G-single-realtime`.
  public var description: String { phenomenon.rawValue + suffix.rawValue }
}
