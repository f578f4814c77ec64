/// The program's exit codes, in the order in which the first that applies is taken.
enum ExitCode: Int32, CaseIterable {
  /// An error of ours.
  case software = 70
  /// A file cannot be read, or the output cannot be written.
  case unreadable = 66
  /// Malformed input, a failed assumption, or nothing to shrink.
  case malformed = 65
  /// Wrong usage; also a model that cannot be inferred.
  case usage = 64
  /// The guarantee is violated, or a corpus differs from what it expects.
  case violated = 1
  /// A limit was reached, or somebody interrupted.
  case unknown = 2
  /// The required guarantees hold.
  case success = 0

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  /// Of this and another file's, the one that the program ends with.
  mutating func combine(_ other: ExitCode) {
    if other.rank < rank { self = other }
  }
}
