/// Draws operations as bars over their common real time, a row each.
///
/// ```
///   line 2  process 0  write 1   ├───┤
///   line 4  process 1  read → 1        ├─┤
/// ```
///
/// Only the order of the events counts, so that the picture is as narrow as it can be: a column an
/// event that is left. An indeterminate operation's bar has no end.
///
/// - Complexity: O(n²) characters in the number of operations; for small histories.
struct Timeline {
  let operations: [ReportedOperation]

  /// The rows, the columns padded to equal width.
  func rows() -> [String] {
    let columns = columnNumbers()
    let width = 2 * columns.count
    let lineWidth = operations.map { "\($0.line)".count }.max() ?? 0
    let processWidth = operations.map { "\($0.process)".count }.max() ?? 0
    let callWidth = operations.map(\.text.count).max() ?? 0
    return operations.map { operation in
      let start = 2 * (columns[operation.invocation] ?? 0)
      let isOpen = operation.completion == .max
      let end = isOpen ? width : 2 * (columns[operation.completion] ?? 0)
      var bar = String(repeating: " ", count: start) + "├"
      bar += String(repeating: isOpen ? "┄" : "─", count: max(end - start - 1, 0))
      bar += isOpen ? "" : "┤"
      return "line " + padded("\(operation.line)", lineWidth) + "  process "
        + padded("\(operation.process)", processWidth) + "  "
        + padded(operation.text, callWidth) + "  " + bar
    }
  }

  /// The column of each event's place.
  private func columnNumbers() -> [Int32: Int] {
    var places: [Int32] = []
    for operation in operations {
      places.append(operation.invocation)
      if operation.completion != .max { places.append(operation.completion) }
    }
    places.sort()
    var columns: [Int32: Int] = [:]
    for place in places where columns[place] == nil { columns[place] = columns.count }
    return columns
  }
}

/// `text` with spaces behind it.
func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(width - text.count, 0))
}
