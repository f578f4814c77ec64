import Glibc

/// How much work the tests do: the environment's `LINNAEUS_EFFORT`, 1 unless it is set.
enum Effort {
  static let factor: Double = {
    guard let text = getenv("LINNAEUS_EFFORT"), let factor = Double(String(cString: text)),
      factor > 0, factor < 1_000_000
    else { return 1 }
    return factor
  }()

  /// A number of tries, scaled.
  static func scaled(_ count: Int) -> Int {
    max(1, Int(Double(count) * factor))
  }
}
