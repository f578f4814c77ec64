/// Sorts a verb's arguments into options and operands.
///
/// `--name value` and `--name=value` are the same, `-o value` and `-ovalue` too; `--` ends the
/// options; `-` alone is an operand.
struct OptionParser {
  let options: [Option]

  func parse(_ arguments: some Sequence<String>) throws(UsageError) -> ParsedArguments {
    var parsed = ParsedArguments()
    var rest = Array(arguments)[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        parsed.operands += rest
        break
      }
      if argument == "-" || !argument.hasPrefix("-") {
        parsed.operands.append(argument)
      } else if argument.hasPrefix("--") {
        try parseLong(argument, &rest, &parsed)
      } else {
        try parseShort(argument, &rest, &parsed)
      }
    }
    return parsed
  }

  private func parseLong(
    _ argument: String, _ rest: inout ArraySlice<String>, _ parsed: inout ParsedArguments
  ) throws(UsageError) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    guard let option = options.first(where: { $0.name == name }) else {
      throw UsageError(
        message: "unknown option '\(name)'" + suggestion(for: name, among: options.map(\.name)))
    }
    guard let placeholder = option.value else {
      guard parts.count == 1 else {
        throw UsageError(message: "\(name) takes no value")
      }
      return parsed.record(name, "")
    }
    guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
      throw UsageError(message: "\(name) needs a value: \(name) \(placeholder)")
    }
    parsed.record(name, value)
  }

  private func parseShort(
    _ argument: String, _ rest: inout ArraySlice<String>, _ parsed: inout ParsedArguments
  ) throws(UsageError) {
    let short = String(argument.prefix(2))
    guard let option = options.first(where: { $0.short == short }) else {
      throw UsageError(message: "unknown option '\(short)'")
    }
    let attached = String(argument.dropFirst(2))
    guard let placeholder = option.value else {
      guard attached.isEmpty else { throw UsageError(message: "unknown option '\(argument)'") }
      return parsed.record(option.name, "")
    }
    guard let value = attached.isEmpty ? rest.popFirst() : attached else {
      throw UsageError(message: "\(short) needs a value: \(short) \(placeholder)")
    }
    parsed.record(option.name, value)
  }
}

/// `; did you mean '--model'?` if one of the words is close to `text`, else nothing.
func suggestion(for text: String, among words: [String]) -> String {
  let close =
    words.map { (word: $0, distance: editDistance(Array(text.utf8), Array($0.utf8))) }
    .filter { $0.distance <= 2 || (text.utf8.count > 3 && $0.word.hasPrefix(text)) }
    .min { $0.distance < $1.distance }
  return close.map { "; did you mean '\($0.word)'?" } ?? ""
}

/// How many single-byte changes lead from one word to the other (Levenshtein's distance).
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var row = Array(0...right.count)
  for (index, byte) in left.enumerated() {
    var diagonal = row[0]
    row[0] = index + 1
    for column in right.indices {
      let change = diagonal + (byte == right[column] ? 0 : 1)
      diagonal = row[column + 1]
      row[column + 1] = min(change, row[column] + 1, diagonal + 1)
    }
  }
  return row[right.count]
}
