import OperationHistory

/// What is known of a partition that was not decided, in a few sentences.
///
/// It names the limit, how far an order is known, where the search was hardest, and which
/// operations stood in the way there.
///
/// - Parameters:
///   - result: a result that is *unknown*.
///   - partition: the partition that it is of.
///   - history: where that came from.
/// - Returns: sentences with line numbers of the history.
public func unknownSummary(
  _ result: PartitionResult, partition: Partition, history: History
) -> String {
  var sentences: [String] = []
  switch result.limit {
  case .timeout: sentences.append("The time ran out.")
  case .memory: sentences.append("The memory limit was reached.")
  case .cancelled: sentences.append("The search was stopped.")
  case nil: sentences.append("No verdict was reached.")
  }
  guard let progress = result.progress else { return sentences[0] }
  let definite = partition.entries.filter { !$0.isIndeterminate }
  let verified = definite.filter { $0.completion < progress.verifiedUpTo }
  func operation(_ entry: Entry) -> HistoryOperation { history.operations[Int(entry.source)] }
  if let line = verified.map({ operation($0).completionLine }).max() {
    sentences.append(
      "The \(verified.count) of \(definite.count) operations that had ended by line \(line) have an"
        + " order together.")
  } else {
    sentences.append("No prefix is known to have an order.")
  }
  // The lines of events within the window, whatever their kind.
  var lines: [Int32] = []
  for entry in partition.entries {
    if progress.hardestWindow.contains(entry.invocation) {
      lines.append(operation(entry).invocationLine)
    }
    if progress.hardestWindow.contains(entry.completion), operation(entry).completionLine > 0 {
      lines.append(operation(entry).completionLine)
    }
  }
  if let first = lines.min(), let last = lines.max() {
    sentences.append("The search was hardest between lines \(first) and \(last).")
  }
  let obstacles = progress.obstacles.prefix(8).compactMap { index in
    partition.entries.indices.contains(Int(index)) ? partition.entries[Int(index)] : nil
  }
  if !obstacles.isEmpty {
    let names = obstacles.map { "\(operation($0).id) (line \(operation($0).invocationLine))" }
    let more = progress.obstacles.count - obstacles.count
    sentences.append(
      "In the way \(names.count + more == 1 ? "was operation" : "were operations")"
        + " \(names.joined(separator: ", "))" + (more > 0 ? " and \(more) more." : "."))
  }
  return sentences.joined(separator: " ")
}
