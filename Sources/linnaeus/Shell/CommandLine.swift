/// A line of the shell, sorted out by what its command takes.
struct ShellLine {
  /// The flags that stand there, by their letter or word.
  private(set) var flags: Set<String> = []
  private var values: [(flag: String, value: String)] = []
  /// Everything else.
  private(set) var operands: [String] = []

  /// Sorts the words after the command's name; flags may stand anywhere.
  init(_ words: ArraySlice<String>, for command: ShellCommand) throws(ShellFailure) {
    var rest = words
    while let word = rest.popFirst() {
      guard word.count > 1, word.hasPrefix("-"), Int(word) == nil else {
        operands.append(word)
        continue
      }
      let flag = String(word.drop { $0 == "-" })
      if command.flags.contains(flag) {
        flags.insert(flag)
      } else if command.valuedFlags.contains(flag) {
        guard let value = rest.popFirst() else {
          throw ShellFailure("\(word) needs a value; usage: \(command.usage)")
        }
        values.append((flag, value))
      } else {
        throw ShellFailure("Unrecognized option: \(word); usage: \(command.usage)")
      }
    }
    guard command.operands.contains(operands.count) else {
      throw ShellFailure("usage: \(command.usage)")
    }
  }

  /// Whether the flag stands there.
  func has(_ flag: String) -> Bool { flags.contains(flag) }

  /// The last value of the flag.
  func value(_ flag: String) -> String? { values.last { $0.flag == flag }?.value }

  /// The values of a flag that may be repeated.
  func values(_ flag: String) -> [String] { values.filter { $0.flag == flag }.map(\.value) }

  /// The value of the flag as a number.
  func number<Number: FixedWidthInteger>(_ flag: String) throws(ShellFailure) -> Number? {
    guard let text = value(flag) else { return nil }
    guard let number = Number(text) else {
      throw ShellFailure("-\(flag) takes a number, not '\(text)'")
    }
    return number
  }

  /// The operand at `index` as a path.
  func path(_ index: Int = 0) throws(ShellFailure) -> ShellPath {
    try ShellPath(operands[index])
  }

  /// The words of a line; those in quotes may have spaces.
  static func words(in line: String) -> [String] {
    var words: [String] = []
    var word = ""
    var isWord = false
    var quote: Character?
    for character in line {
      if let mark = quote {
        if character == mark { quote = nil } else { word.append(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        isWord = true
      } else if character.isWhitespace {
        if isWord { words.append(word) }
        word = ""
        isWord = false
      } else {
        word.append(character)
        isWord = true
      }
    }
    if isWord { words.append(word) }
    return words
  }
}

/// The path of a znode, as it was typed.
struct ShellPath {
  let text: String

  /// Anything that starts with a slash; the server judges the rest.
  init(_ text: String) throws(ShellFailure) {
    guard text.hasPrefix("/") else {
      throw ShellFailure("Path must start with / character")
    }
    self.text = text
  }

  private init(unchecked text: String) {
    self.text = text
  }

  var bytes: [UInt8] { Array(text.utf8) }

  /// A child of the znode.
  func child(_ name: [UInt8]) -> ShellPath {
    let name = String(decoding: name, as: UTF8.self)
    return ShellPath(unchecked: text == "/" ? "/" + name : text + "/" + name)
  }

  /// The znode above, for every znode but the root.
  var parent: ShellPath? {
    guard text != "/", let slash = text.lastIndex(of: "/") else { return nil }
    return ShellPath(unchecked: slash == text.startIndex ? "/" : String(text[..<slash]))
  }
}

/// A command of the shell.
struct ShellCommand: Sendable {
  /// Its name.
  let name: String
  /// How it is used.
  let usage: String
  /// The letters and words of flags without a value.
  var flags: Set<String> = []
  /// Those of flags with a value.
  var valuedFlags: Set<String> = []
  /// How many operands there may be.
  var operands: ClosedRange<Int> = 1...1
  /// Whether it can be used without a connection.
  var isLocal = false
  /// What it does.
  let run: @Sendable (Shell, ShellLine) throws(ShellFailure) -> Void
}
