import OperationHistory

extension CycleVerification {
  /// Whether an operation was answered before its session was told of a change by a watch.
  ///
  /// The watch was set before that change, by `because`; no event of its path, no end of a connection
  /// and no removal of watches came to the session from then until the answer.
  func watch(
    _ from: RecordedOperation, _ to: RecordedOperation, _ edge: ConsistencyCertificate.Edge
  ) throws(Doubt) -> [(Int64, String)] {
    let setter = try operation(edge.because)
    guard setter.setsWatch, setter.isAnswered, setter.session == from.session, from.isAnswered,
      setter.operation.completionLine < from.operation.completionLine,
      setter.error == nil || (setter.error == "NoNode" && setter.function == "exists"),
      from.function != "closeSession", to.isWrite, to.error == nil,
      let watched = setter.parts.first,
      try place(setter).zxid < place(to).zxid
    else { return [] }
    let isOfChildren = setter.function == "getChildren"
    let fires = to.parts.contains { part in
      guard part.isChange, part.function != "setACL", let path = part.path else { return false }
      if isOfChildren, part.isExistence,
        RecordedOperation.Part.parent(of: path) == watched.path
      {
        return true
      }
      return path == watched.path && (!isOfChildren || part.isExistence)
    }
    guard fires else { return [] }
    let lines = setter.operation.completionLine...from.operation.completionLine
    for annotation in history.annotations where lines.contains(annotation.line) {
      let fields = RecordedOperation.fields(annotation.value)
      guard fields["session"] == .string(from.session) else { continue }
      switch fields["type"] {
      case .string("watch"):
        if fields["path"] == watched.path.map({ .string($0) }) { return [] }
      case .string("connect"), .string("disconnect"), .string("expired"): return []
      default: break
      }
    }
    let removes = history.operations.indices.contains { index in
      let operation = history.operations[index]
      return history.name(of: operation) == "removeWatches"
        && RecordedOperation(history, index).session == from.session
        && operation.invocationLine < lines.upperBound
    }
    return removes ? [] : [(setter.operation.id, "watch")]
  }
}
