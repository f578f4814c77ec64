/// A value that is written as JSON, laid out as Apache's admin server does.
indirect enum JSONText {
  case null
  case bool(Bool)
  case number(String)
  case text(String)
  case list([JSONText])
  case object([(name: String, value: JSONText)])

  static func number(_ value: some BinaryInteger) -> JSONText { .number("\(value)") }

  var written: String { written(indent: 0) }

  private func written(indent: Int) -> String {
    switch self {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .number(let digits): return digits
    case .text(let text): return Self.quoted(text)
    case .list(let values):
      if values.isEmpty { return "[ ]" }
      return "[ " + values.map { $0.written(indent: indent) }.joined(separator: ", ") + " ]"
    case .object(let members):
      if members.isEmpty { return "{ }" }
      let margin = String(repeating: " ", count: indent + 2)
      let lines = members.map { name, value in
        "\(margin)\(Self.quoted(name)) : \(value.written(indent: indent + 2))"
      }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(margin.dropLast(2))}"
    }
  }

  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 32:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
