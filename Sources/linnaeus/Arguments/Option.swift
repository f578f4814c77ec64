/// An option of a verb: how it is spelled and what help says of it.
struct Option: Sendable {
  /// With its dashes: `--model`.
  let name: String
  /// A second spelling: `-o`.
  var short: String?
  /// What help calls its value: `<file>`; nil for a flag.
  var value: String?
  /// What it does, a sentence.
  let help: String

  init(_ name: String, short: String? = nil, value: String? = nil, _ help: String) {
    self.name = name
    self.short = short
    self.value = value
    self.help = help
  }
}

/// What is wrong with how the program was called; exit code 64.
struct UsageError: Error {
  var message: String
}

/// What the user wrote, sorted out.
struct ParsedArguments {
  /// Everything that is no option.
  var operands: [String] = []
  private var given: [(name: String, value: String)] = []

  init() {}

  mutating func record(_ name: String, _ value: String) {
    given.append((name, value))
  }

  /// Whether the flag stands there.
  func has(_ name: String) -> Bool {
    given.contains { $0.name == name }
  }

  /// The option's value; the last one if it is repeated.
  subscript(name: String) -> String? {
    given.last { $0.name == name }?.value
  }

  /// All values of an option that may be repeated.
  func all(_ name: String) -> [String] {
    given.filter { $0.name == name }.map(\.value)
  }

  /// The option's value as one of an enumeration's words.
  func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, of _: Choice.Type
  ) throws(UsageError) -> Choice? where Choice.RawValue == String {
    guard let text = self[name] else { return nil }
    if let choice = Choice(rawValue: text) { return choice }
    let words = Choice.allCases.map(\.rawValue)
    throw UsageError(
      message: "\(name) takes one of \(words.joined(separator: ", ")), not '\(text)'"
        + suggestion(for: text, among: words))
  }
}
