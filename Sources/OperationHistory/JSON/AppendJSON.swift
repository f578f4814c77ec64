import LinnaeusBase

/// Appends `value` as JSON, without spaces.
///
/// Keywords and symbols become strings, bytes `{"base64":"…"}`, decimals their shortest text that
/// reads back the same; infinities become ±1e999 and what is no number `"NaN"`. A map whose keys
/// are not strings gets the text of each key; should two of those be the same, the map becomes a
/// list of pairs.
public func appendJSON(_ value: Value, to text: inout [UInt8]) {
  switch value {
  case .null: text += "null".utf8
  case .boolean(let value): text += (value ? "true" : "false").utf8
  case .integer(let value): text += String(value).utf8
  case .decimal(let value): text += jsonText(value).utf8
  case .string(let value), .symbol(let value): appendJSONString(value, to: &text)
  case .bytes(let value):
    text += "{\"base64\":\"".utf8
    text += encodeBase64(value)
    text += "\"}".utf8
  case .list(let elements):
    text.append(UInt8(ascii: "["))
    for (index, element) in elements.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      appendJSON(element, to: &text)
    }
    text.append(UInt8(ascii: "]"))
  case .map(let fields): appendJSONMap(fields, to: &text)
  }
}

private func jsonText(_ value: Double) -> String {
  if value.isNaN { return "\"NaN\"" }
  return value.isFinite ? value.description : value > 0 ? "1e999" : "-1e999"
}

private func appendJSONMap(_ fields: [Value.Field], to text: inout [UInt8]) {
  let names = fields.map { jsonName($0.name) }
  guard Set(names).count == names.count else {
    appendJSON(.list(fields.map { .list([$0.name, $0.value]) }), to: &text)
    return
  }
  text.append(UInt8(ascii: "{"))
  for (index, field) in fields.enumerated() {
    if index > 0 { text.append(UInt8(ascii: ",")) }
    appendJSONString(names[index], to: &text)
    text.append(UInt8(ascii: ":"))
    appendJSON(field.value, to: &text)
  }
  text.append(UInt8(ascii: "}"))
}

/// A map's key as the name of a field.
func jsonName(_ key: Value) -> String {
  switch key {
  case .string(let name), .symbol(let name): return name
  default:
    var text: [UInt8] = []
    appendEDN(key, to: &text)
    return String(decoding: text, as: UTF8.self)
  }
}

/// Appends text in double quotes.
func appendJSONString(_ string: String, to text: inout [UInt8]) {
  text.append(UInt8(ascii: "\""))
  for byte in string.utf8 {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
    case 10: text += "\\n".utf8
    case 13: text += "\\r".utf8
    case 9: text += "\\t".utf8
    case 0..<0x20, 0x7F: appendUnicodeEscape(byte, to: &text)
    default: text.append(byte)
    }
  }
  text.append(UInt8(ascii: "\""))
}

/// Appends `\u00XX`.
func appendUnicodeEscape(_ byte: UInt8, to text: inout [UInt8]) {
  let digits = Array("0123456789abcdef".utf8)
  text += "\\u00".utf8
  text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
}
