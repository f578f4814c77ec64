import Glibc

/// A duration for people: `0.4 ms`, `37 ms`, `1.52 s`, `2 min 5 s`.
public func wording(seconds: Double) -> String {
  switch seconds {
  case ..<0.00995: "\(fixed(seconds * 1000, decimals: 1)) ms"
  case ..<0.9995: "\(fixed(seconds * 1000, decimals: 0)) ms"
  case ..<59.95: "\(fixed(seconds, decimals: seconds < 9.995 ? 2 : 1)) s"
  default: "\(Int(min(seconds, 1e15) / 60)) min \(Int(min(seconds, 1e15)) % 60) s"
  }
}

/// `1 operation`, `2 operations`, `1,000,000 operations`.
public func wording(_ count: Int, _ singular: String, plural: String? = nil) -> String {
  "\(grouped(count)) \(count == 1 ? singular : plural ?? singular + "s")"
}

/// A count with commas between thousands.
public func grouped(_ count: Int) -> String {
  var text = ""
  for (index, digit) in String(count.magnitude).reversed().enumerated() {
    if index > 0, index.isMultiple(of: 3) { text.append(",") }
    text.append(digit)
  }
  return (count < 0 ? "-" : "") + String(text.reversed())
}

/// A number of seconds or milliseconds with so many decimals; not for huge numbers.
func fixed(_ number: Double, decimals: Int) -> String {
  var scale = 1.0
  for _ in 0..<decimals { scale *= 10 }
  let scaled = Int64(exactly: (number * scale).rounded()) ?? 0
  guard decimals > 0 else { return String(scaled) }
  let unit = Int64(scale)
  let fraction = String(scaled.magnitude % unit.magnitude)
  return (scaled < 0 ? "-" : "") + "\(scaled.magnitude / unit.magnitude)."
    + String(repeating: "0", count: decimals - fraction.utf8.count) + fraction
}
