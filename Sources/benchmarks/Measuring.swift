import Glibc

/// What an option says, which takes a number larger than 0.
func positiveNumber(_ text: String?) throws -> Double {
  guard let text, let value = Double(text), value > 0 else {
    throw BenchmarkError(message: "'\(text ?? "")' is no positive number")
  }
  return value
}

/// The same, of a whole number.
func positiveCount(_ text: String?) throws -> Int {
  guard let text, let value = Int(text), value > 0 else {
    throw BenchmarkError(message: "'\(text ?? "")' is no positive number")
  }
  return value
}

/// Throws in a debug build.
func refuseDebugBuild() throws {
  #if DEBUG
    throw BenchmarkError(message: "a debug build measures nothing; use -c release")
  #endif
}

/// How long ago that was, in seconds.
func seconds(since start: ContinuousClock.Instant) -> Double {
  let passed = (ContinuousClock.now - start).components
  return Double(passed.seconds) + Double(passed.attoseconds) / 1e18
}

/// Figures beside their targets, printed as they are measured.
struct TargetTable {
  /// Whether no target was missed so far.
  private(set) var isMet = true

  /// Prints what stands above all rows.
  func begin() { print("| figure | measured | target | |\n|---|---|---|---|") }

  /// A figure that must not be larger than that.
  mutating func row(_ what: String, _ value: Double, _ unit: String, atMost target: Double) {
    row(what, value, unit, target, isGood: value <= target)
  }

  /// A figure that must not be smaller than that.
  mutating func row(_ what: String, _ value: Double, _ unit: String, atLeast target: Double) {
    row(what, value, unit, target, isGood: value >= target)
  }

  /// A figure without a target.
  func row(_ what: String, _ value: Double, _ unit: String) {
    print("| \(what) | \(shown(value)) \(unit) | – | |")
    fflush(nil)
  }

  /// Something else went wrong.
  mutating func fail(_ why: String) {
    isMet = false
    print(why)
  }

  private mutating func row(
    _ what: String, _ value: Double, _ unit: String, _ target: Double, isGood: Bool
  ) {
    if !isGood { isMet = false }
    print(
      "| \(what) | \(shown(value)) \(unit) | \(shown(target)) \(unit) |"
        + " \(isGood ? "met" : "MISSED") |")
    fflush(nil)
  }

  private func shown(_ value: Double) -> String {
    value >= 1000 ? "\(Int(value))" : "\((value * 100).rounded() / 100)"
  }
}
