import Simulator

/// Why a text is no schedule.
public struct ScheduleError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line, from 1.
  public var line: Int
  /// What was found there and what was expected.
  public var message: String

  /// `3: …`, to be put after the file's name and a colon.
  public var description: String { "\(line): \(message)" }
}

/// A schedule as people read it and mend it: a line for each number and each fault.
///
/// ```
/// voters 3
/// observers 0
/// clients 2
/// operations 60
/// at 0.120345678 crash server=2 for=300ms
/// at 1.5 split hosts=server-1,client-2 for=40ms
/// ```
///
/// Times are seconds of virtual time. Servers and clients count from 1. `#` begins a comment.
extension RunSchedule {
  /// The numbers that a schedule begins with.
  private static var sizes: [(name: String, path: WritableKeyPath<RunSchedule, Int>)] {
    [
      ("voters", \.voters), ("observers", \.observers), ("clients", \.clients),
      ("operations", \.operations),
    ]
  }

  /// The whole text.
  public var text: String {
    var text = ""
    for size in Self.sizes { text += "\(size.name) \(self[keyPath: size.path])\n" }
    for fault in faults { text += "\(line(of: fault))\n" }
    return text
  }

  /// A fault's line.
  public func line(of scheduled: ScheduledFault) -> String {
    "at \(seconds(scheduled.time)) \(scheduled.fault.line(servers: servers))"
  }

  /// Reads a schedule; sizes that it does not name stay those of `other`.
  ///
  /// - Throws: `ScheduleError` for the first line that is none of a schedule.
  public init(text: String, elseAs other: RunSchedule) throws(ScheduleError) {
    self = other
    faults = []
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let content = line.prefix { $0 != "#" }
      let words = content.split { $0 == " " || $0 == "\t" || $0 == "\r" }
      guard let first = words.first else { continue }
      if first == "at" {
        faults.append(try fault(words.dropFirst(), line: index + 1))
      } else {
        try readSize(words, line: index + 1)
      }
    }
    // Those of one moment stay in the order of their lines.
    faults = faults.enumerated()
      .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
  }

  private mutating func readSize(_ words: [Substring], line: Int) throws(ScheduleError) {
    guard let size = Self.sizes.first(where: { $0.name == words[0] }) else {
      let names = Self.sizes.map(\.name).joined(separator: ", ")
      throw ScheduleError(line: line, message: "expected \(names) or at, not '\(words[0])'")
    }
    guard faults.isEmpty else {
      throw ScheduleError(line: line, message: "\(size.name) must stand before the first fault")
    }
    let least = size.name == "observers" ? 0 : 1
    guard words.count == 2, let number = Int(words[1]), (least...1_000_000).contains(number) else {
      throw ScheduleError(
        line: line, message: "\(size.name) takes one number from \(least) to 1000000")
    }
    self[keyPath: size.path] = number
  }

  private func fault(
    _ words: ArraySlice<Substring>, line: Int
  ) throws(ScheduleError) -> ScheduledFault {
    guard let time = words.first.flatMap({ nanoseconds($0) }) else {
      throw ScheduleError(line: line, message: "expected a time in seconds after 'at'")
    }
    let name = words.dropFirst().first ?? ""
    guard let kind = FaultKind(word: name) else {
      let kinds = FaultKind.allCases.map(\.word).joined(separator: ", ")
      throw ScheduleError(line: line, message: "expected one of \(kinds), not '\(name)'")
    }
    var fields = try FaultFields(words.dropFirst(2), of: self, line: line)
    let fault = try Fault(kind, &fields)
    try fields.finish()
    return ScheduledFault(time: time, fault: fault)
  }
}

/// `1.200345678`, without zeros at the end.
func seconds(_ nanoseconds: Int64) -> String {
  var fraction = String(nanoseconds % 1_000_000_000 + 1_000_000_000).dropFirst()
  while fraction.last == "0" { fraction.removeLast() }
  return "\(nanoseconds / 1_000_000_000)" + (fraction.isEmpty ? "" : ".\(fraction)")
}

/// The reverse of ``seconds(_:)``; nil if it is no such number.
private func nanoseconds(_ text: Substring) -> Int64? {
  let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
  guard let whole = Int64(parts[0]), (0...1_000_000).contains(whole) else { return nil }
  guard parts.count == 2 else { return whole * 1_000_000_000 }
  guard (1...9).contains(parts[1].utf8.count), parts[1].allSatisfy(\.isNumber),
    let fraction = Int64(parts[1] + String(repeating: "0", count: 9 - parts[1].utf8.count))
  else { return nil }
  return whole * 1_000_000_000 + fraction
}
