import LinnaeusBase

/// Appends `value` as EDN.
///
/// Symbols are written as keywords, bytes as `#base64 "…"`.
public func appendEDN(_ value: Value, to text: inout [UInt8]) {
  switch value {
  case .null: text += "nil".utf8
  case .boolean(let value): text += (value ? "true" : "false").utf8
  case .integer(let value): text += String(value).utf8
  case .decimal(let value): text += ednText(value).utf8
  case .string(let value): appendEDNString(value, to: &text)
  case .symbol(let value): appendKeyword(value, to: &text)
  case .bytes(let value):
    text += "#base64 \"".utf8
    text += encodeBase64(value)
    text.append(UInt8(ascii: "\""))
  case .list(let elements):
    text.append(UInt8(ascii: "["))
    for (index, element) in elements.enumerated() {
      if index > 0 { text.append(UInt8(ascii: " ")) }
      appendEDN(element, to: &text)
    }
    text.append(UInt8(ascii: "]"))
  case .map(let fields):
    text.append(UInt8(ascii: "{"))
    for (index, field) in fields.enumerated() {
      if index > 0 { text += ", ".utf8 }
      appendEDN(field.name, to: &text)
      text.append(UInt8(ascii: " "))
      appendEDN(field.value, to: &text)
    }
    text.append(UInt8(ascii: "}"))
  }
}

private func ednText(_ value: Double) -> String {
  if value.isNaN { return "##NaN" }
  return value.isFinite ? value.description : value > 0 ? "##Inf" : "##-Inf"
}

/// Appends a keyword, or a string where no keyword can be written so.
func appendKeyword(_ name: String, to text: inout [UInt8]) {
  let isKeyword =
    !name.isEmpty && !name.hasPrefix(":") && !name.utf8.contains(where: ValueScanner.isDelimiter)
  if isKeyword {
    text.append(UInt8(ascii: ":"))
    text += name.utf8
  } else {
    appendEDNString(name, to: &text)
  }
}

private func appendEDNString(_ string: String, to text: inout [UInt8]) {
  // EDN has JSON's escapes.
  appendJSONString(string, to: &text)
}
