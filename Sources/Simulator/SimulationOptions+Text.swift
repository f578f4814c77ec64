/// How options are printed: every one of them, a line each.
extension SimulationOptions {
  /// `network.delayNanoseconds = 20000`, and so on for everything but schedule and script.
  public var lines: [String] {
    var lines: [String] = []
    Self.append(self, named: "", to: &lines)
    return lines
  }

  private static func append(_ value: Any, named name: String, to lines: inout [String]) {
    let mirror = Mirror(reflecting: value)
    let isPlain = value is any RawRepresentable || mirror.children.isEmpty
    guard mirror.displayStyle == .struct, !isPlain else {
      if name != "schedule", name != "script" { lines.append("\(name) = \(value)") }
      return
    }
    for child in mirror.children {
      let label = child.label ?? ""
      append(child.value, named: name.isEmpty ? label : "\(name).\(label)", to: &lines)
    }
  }
}
