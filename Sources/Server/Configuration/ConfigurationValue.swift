import LinnaeusBase

/// The value of a key, taken as what the key needs.
struct ConfigurationValue {
  var key: String
  var value: String
  var line: Int

  func error(_ message: String) -> ConfigurationError {
    ConfigurationError(line: line, message: "\(key) \(message)")
  }

  private func expected(_ what: String) -> ConfigurationError {
    error("takes \(what), not '\(value)'")
  }

  func text() throws(ConfigurationError) -> String {
    guard !value.isEmpty else { throw error("has no value") }
    return value
  }

  /// A host; the wildcard addresses are nil.
  func host() throws(ConfigurationError) -> String? {
    let host = try text()
    return host == "0.0.0.0" || host == "::" ? nil : host
  }

  func integer(_ range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
    guard let number = Int(value), range.contains(number) else {
      throw expected("a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func bool() throws(ConfigurationError) -> Bool {
    switch value.lowercased() {
    case "true": return true
    case "false": return false
    default: throw expected("true or false")
    }
  }

  /// Apache takes every word but `yes` for no, so that `forceSync=true` loses writes there.
  func yesOrNo() throws(ConfigurationError) -> Bool {
    switch value.lowercased() {
    case "yes": return true
    case "no": return false
    default: throw expected("yes or no")
    }
  }

  /// A number of 64 bits, decimal, or hexadecimal after `0x`.
  func secret() throws(ConfigurationError) -> Int64 {
    if value.lowercased().hasPrefix("0x"), let number = UInt64(value.dropFirst(2), radix: 16) {
      return Int64(bitPattern: number)
    }
    guard let number = Int64(value) else {
      throw ConfigurationError(
        line: line, message: "\(key) takes a number of 64 bits, such as 0x1f3a")
    }
    return number
  }

  func superDigest() throws(ConfigurationError) -> String {
    let parts = value.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
      throw ConfigurationError(
        line: line, message: "\(key) takes user:digest, the digest in base 64")
    }
    return value
  }

  func words() throws(ConfigurationError) -> FourLetterWhitelist {
    let words = value.split(separator: ",").map { String($0.filter { !$0.isWhitespace }) }
    if words.contains("*") { return .all }
    for word in words where FourLetterWord(word) == nil {
      throw error(
        "takes * or a list of four-letter words, and '\(word)' is none; they are "
          + FourLetterWord.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return .words(words)
  }

  func urlPath() throws(ConfigurationError) -> String {
    guard value.hasPrefix("/"), value.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
      throw expected("a path that begins with /")
    }
    return value.count > 1 && value.hasSuffix("/") ? String(value.dropLast()) : value
  }

  /// Whether the figures are to be had over HTTP.
  func metricsProvider() throws(ConfigurationError) -> Bool {
    switch value.split(separator: ".").last {
    case "PrometheusMetricsProvider": return true
    case "DefaultMetricsProvider", "NullMetricsProvider": return false
    default:
      throw expected(
        "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider or "
          + "org.apache.zookeeper.metrics.impl.DefaultMetricsProvider")
    }
  }
}
