/// A verb's help, laid out as Swift's own tools do.
struct VerbHelp: Sendable {
  /// The verb.
  let name: String
  /// What it does, a sentence.
  let overview: String
  /// Paragraphs below the overview.
  var discussion: [String] = []
  /// What follows `linnaeus VERB` in the usage line.
  let usage: String
  /// The operands and what they are.
  let arguments: [(name: String, help: String)]
  /// The options, `--help` excepted.
  let options: [Option]

  /// What parses the verb's arguments.
  var parser: OptionParser { OptionParser(options: options + [Self.help]) }

  static let help = Option("--help", short: "-h", "Show help information.")

  /// The whole text.
  var text: String {
    var text = "OVERVIEW: \(overview)\n\n"
    for paragraph in discussion { text += broken(paragraph, indent: 0) + "\n" }
    text += "USAGE: linnaeus \(name) \(usage)\n\nARGUMENTS:\n"
    for argument in arguments { text += row(argument.name, argument.help) }
    text += "\nOPTIONS:\n"
    for option in options + [Self.help] {
      let names = (option.short.map { "\($0), " } ?? "") + option.name
      text += row(names + (option.value.map { " \($0)" } ?? ""), option.help)
    }
    return text
  }
}

/// A name and what it means, in two columns.
func row(_ name: String, _ meaning: String) -> String {
  let column = 26
  let head = "  " + name
  let body = broken(meaning, indent: column)
  guard head.utf8.count < column - 1 else { return head + "\n" + body }
  return head + body.dropFirst(head.utf8.count)
}

/// ASCII text in lines of at most 80 columns.
private func broken(_ text: String, indent: Int) -> String {
  let margin = String(repeating: " ", count: indent)
  var result = ""
  var line = margin
  for word in text.split(separator: " ") {
    if line.utf8.count > indent, line.utf8.count + 1 + word.utf8.count > 80 {
      result += line + "\n"
      line = margin
    }
    if line.utf8.count > indent { line += " " }
    line += word
  }
  return result + line + "\n"
}
