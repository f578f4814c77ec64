/// Reports for CI systems, in JUnit's XML: a test case a file.
///
/// A violation, or a difference from a corpus, is a `failure`; *unknown* and *malformed* are
/// `error`s, since neither says that the guarantee is kept.
public struct JUnitReport: Sendable {
  private var cases = ""
  private var failures = 0
  private var errors = 0
  private var tests = 0

  /// No file yet.
  public init() {}

  /// Adds a file.
  public mutating func add(_ report: FileReport) {
    if let summary = report.consistency, summary.guarantees.count > 1 {
      for guarantee in summary.guarantees { add(report.only(guarantee)) }
      return
    }
    let story = TextReport().render(report)
    switch report.expectation {
    case .none:
      switch report.verdict {
      case .holds: add(report, nil, story)
      case .violated: add(report, ("failure", "violated"), story)
      case .unknown: add(report, ("error", "unknown"), story)
      case .malformed: add(report, ("error", "malformed"), story)
      }
    default: add(report, report.isDifference ? ("failure", "difference") : nil, story)
    }
  }

  /// Adds a file that could not be read.
  public mutating func addUnreadable(file: String, reason: String) {
    let report = FileReport(file: file, verdict: .malformed, reason: reason)
    add(report, ("error", "unreadable"), reason + "\n")
  }

  private mutating func add(
    _ report: FileReport, _ trouble: (element: String, type: String)?, _ story: String
  ) {
    tests += 1
    let name = report.consistency == nil ? report.file : "\(report.file): \(report.guarantee)"
    cases += "    <testcase name=\"\(escaped(name))\" classname=\"linnaeus.check\""
    cases += " time=\"\(fixed(report.seconds, decimals: 6))\""
    guard let trouble else {
      cases += "/>\n"
      return
    }
    if trouble.element == "failure" { failures += 1 } else { errors += 1 }
    let message = report.reason ?? trouble.type
    cases += ">\n      <\(trouble.element) type=\"\(trouble.type)\""
    cases += " message=\"\(escaped(message))\">"
    cases += "\(escaped(story, keepingLines: true))</\(trouble.element)>\n"
    cases += "    </testcase>\n"
  }

  /// The whole document.
  public func render(seconds: Double) -> String {
    let counts =
      "tests=\"\(tests)\" failures=\"\(failures)\" errors=\"\(errors)\""
      + " time=\"\(fixed(seconds, decimals: 6))\""
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuites \(counts)>
        <testsuite name="linnaeus check" \(counts)>
      \(cases)  </testsuite>
      </testsuites>

      """
  }

  /// Text in which nothing is markup; characters that XML cannot hold become U+FFFD.
  private func escaped(_ text: String, keepingLines: Bool = false) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&apos;"
      case "\n": result += keepingLines ? "\n" : "&#10;"
      case "\t": result += "&#9;"
      case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": result.unicodeScalars.append("\u{FFFD}")
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
