/// Parses `500ms`, `10s`, `2m`, `1h`, `1.5s`; a bare number is seconds.
func parseDuration(_ text: String) throws(UsageError) -> Duration {
  let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("min", 60), ("h", 3600)]
  guard let (number, unit) = parseQuantity(text),
    let factor = unit.isEmpty ? 1 : units.first(where: { $0.0 == unit })?.1,
    number * factor > 0, number * factor <= 1e9
  else {
    throw UsageError(message: "'\(text)' is no duration; write 500ms, 10s or 2m")
  }
  return .nanoseconds(Int64(number * factor * 1e9))
}

/// Parses `512MB`, `2GB`, `1.5GiB`: powers of 1,000, or of 1,024 with an `i`; a bare number is
/// bytes.
func parseSize(_ text: String) throws(UsageError) -> Int {
  let units: [(String, Double)] = [
    ("b", 1), ("k", 1e3), ("kb", 1e3), ("m", 1e6), ("mb", 1e6), ("g", 1e9), ("gb", 1e9),
    ("t", 1e12), ("tb", 1e12), ("kib", 0x1p10), ("mib", 0x1p20), ("gib", 0x1p30),
    ("tib", 0x1p40),
  ]
  guard let (number, unit) = parseQuantity(text),
    let factor = unit.isEmpty ? 1 : units.first(where: { $0.0 == unit })?.1,
    number * factor >= 1, number * factor <= 1e18
  else {
    throw UsageError(message: "'\(text)' is no size; write 512MB, 2GB or 2GiB")
  }
  return Int(number * factor)
}

/// A decimal number and the lower-cased letters behind it.
private func parseQuantity(_ text: String) -> (number: Double, unit: String)? {
  let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
  let unit = text.dropFirst(digits.count)
  guard digits.first?.isNumber == true, digits.count <= 18, let number = Double(digits),
    unit.allSatisfy({ $0.isASCII && $0.isLetter })
  else { return nil }
  return (number, unit.lowercased())
}
