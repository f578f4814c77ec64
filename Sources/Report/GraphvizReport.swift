/// Cycles as a drawing for Graphviz: `dot -Tsvg cycles.dot`.
public struct GraphvizReport: Sendable {
  /// The only form.
  public init() {}

  /// A directed graph with a cluster for each cycle.
  public func render(_ report: FileReport) -> String {
    var text = "digraph cycles {\n"
    text += "  label=\(quoted(report.file)); labelloc=t; fontname=\"sans-serif\";\n"
    text += "  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
    text += "  edge [fontname=\"sans-serif\"];\n"
    for (index, cycle) in (report.consistency?.cycles ?? []).enumerated() {
      let title = "\(cycle.anomaly), against \(cycle.levels.joined(separator: ", "))"
      text += "  subgraph cluster_\(index) {\n    label=\(quoted(title));\n"
      for vertex in cycle.vertices {
        text += "    \(name(vertex.id, index)) [label=\(quoted(broken(vertex.text)))];\n"
      }
      for edge in cycle.edges {
        text += "    \(name(edge.from, index)) -> \(name(edge.to, index))"
        text += " [label=\(quoted(edge.kind)), tooltip=\(quoted(edge.sentence))"
        text += ", color=\(colour(edge.kind))];\n"
      }
      text += "  }\n"
    }
    return text + "}\n"
  }

  private func name(_ id: Int64, _ cycle: Int) -> String { "\"\(cycle).\(id)\"" }

  /// What stands in brackets, on lines of its own.
  private func broken(_ text: String) -> String {
    text.replacing(" (", with: "\n").replacing(", ", with: "\n").replacing(")", with: "")
  }

  private func quoted(_ text: String) -> String {
    var result = "\""
    for character in text.unicodeScalars {
      switch character {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default:
        // Control characters have no form in this language.
        if character.value >= 32 { result.unicodeScalars.append(character) } else { result += " " }
      }
    }
    return result + "\""
  }

  private func colour(_ kind: String) -> String {
    switch kind {
    case "ww", "wr": "black"
    case "rw": "red"
    case "process", "expiry", "handshake": "blue"
    case "realtime", "sync": "darkgreen"
    default: "gray40"
    }
  }
}
