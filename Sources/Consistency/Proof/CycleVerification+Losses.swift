import OperationHistory

/// Answers that lack what their zxids say they have.
extension CycleVerification {
  /// What in an answer shows that it came before a change, though its zxid is not before it.
  func lost(
    _ change: RecordedOperation.Part, of write: RecordedOperation,
    in part: RecordedOperation.Part, upTo zxid: UInt64
  ) -> [String] {
    let touches = change.touches(part)
    let stays =
      change.function != "delete" && isAlone("delete", write, at: change.path)
      && isPersistent(change.path)
    if touches.own, stays, part.error == "NoNode" { return ["found"] }
    if touches.child, stays, let children = part.children, let path = change.path,
      let name = path.split(separator: "/").last, !children.contains(String(name))
    {
      return ["children"]
    }
    guard touches.own, change.function != "delete", change.function != "setACL",
      part.function == "getData", let value = part.value, value != change.value,
      isLast(write, at: part.path, upTo: zxid)
    else { return [] }
    return ["value"]
  }

  /// Whether nobody may have created a znode at a path that goes by itself.
  private func isPersistent(_ path: String?) -> Bool {
    history.operations.indices.allSatisfy { index in
      RecordedOperation(history, index).parts.allSatisfy { part in
        part.function != "create" || part.mode == "persistent" || (part.path ?? path) != path
      }
    }
  }

  /// Whether a write is the last that changes a path up to a zxid, and that once.
  private func isLast(_ write: RecordedOperation, at path: String?, upTo zxid: UInt64) -> Bool {
    guard let own = write.zxid, write.parts.count(where: { $0.path == path }) == 1 else {
      return false
    }
    return history.operations.indices.allSatisfy { index in
      let other = RecordedOperation(history, index)
      guard index != write.index, other.isWrite, other.error == nil,
        other.operation.outcome != .fail
      else { return true }
      guard other.parts.contains(where: { $0.isChange && ($0.path ?? path) == path }) else {
        return true
      }
      return other.isAnswered && other.zxid.map { $0 < own || $0 > zxid } ?? false
    }
  }

  /// Whether a read found an ephemeral znode of the session that a request ended.
  func outlives(_ read: RecordedOperation, _ end: RecordedOperation) -> Bool {
    read.parts.contains { part in
      guard part.error == nil, let path = part.path else { return false }
      return history.operations.indices.contains { index in
        let creation = RecordedOperation(history, index)
        return creation.session == end.session && creation.isTransaction && creation.error == nil
          && creation.index < end.index
          && creation.parts.contains {
            $0.function == "create" && $0.path == path && $0.mode == "ephemeral"
          } && isAlone("create", creation, at: path)
      }
    }
  }

  /// Whether nothing but a write can have created, or deleted, what is at a path.
  func isAlone(
    _ function: String, _ write: RecordedOperation, at path: String?
  ) -> Bool {
    history.operations.indices.allSatisfy { index in
      let other = RecordedOperation(history, index)
      guard index != write.index, other.isWrite, other.error == nil,
        other.operation.outcome != .fail
      else { return true }
      return other.parts.allSatisfy { part in
        part.function != function || (part.path != path && part.path != nil)
      }
    }
  }
}
