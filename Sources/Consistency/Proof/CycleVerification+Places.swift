import OperationHistory

extension CycleVerification {
  /// Where an operation stands in the order of transactions, and what shows it.
  struct Place {
    var zxid: UInt64
    /// 0 for a transaction, 1 for what was answered from the state that it left.
    var rank: Int
    var shown: [(Int64, String)]
  }

  /// The place that the operation's own reply tells, or, of a write without an answer, a later Stat.
  func place(_ operation: RecordedOperation) throws(Doubt) -> Place {
    let id = operation.operation.id
    guard operation.isAnswered else { return try lostPlace(operation) }
    guard let zxid = operation.zxid else { throw .invalid("op \(id) was answered without a zxid") }
    return Place(zxid: zxid, rank: operation.isTransaction ? 0 : 1, shown: [(id, "zxid")])
  }

  /// The transaction of a write without an answer: one that no answered write is, that a Stat of its
  /// path names, and that no other write without an answer can be.
  private func lostPlace(_ lost: RecordedOperation) throws(Doubt) -> Place {
    let id = lost.operation.id
    guard lost.isWrite, lost.operation.outcome == .info else {
      throw .invalid("op \(id) was not answered")
    }
    var known: Set<UInt64> = []
    var rivals: [RecordedOperation.Part] = []
    for index in history.operations.indices where index != lost.index {
      let other = RecordedOperation(history, index)
      if other.isTransaction, let zxid = other.zxid { known.insert(zxid) }
      if other.isWrite, other.operation.outcome == .info { rivals += other.parts }
    }
    var places: [UInt64: [(Int64, String)]] = [:]
    for index in history.operations.indices where history.operations[index].outcome == .ok {
      let witness = RecordedOperation(history, index)
      for part in witness.parts {
        for own in lost.parts where own.path == part.path && own.path != nil {
          let field = own.function == "create" ? "czxid" : "mzxid"
          guard own.function == "create" || own.function == "setData",
            let zxid = part.zxid(field), !known.contains(zxid),
            field == "czxid" || part.zxid("czxid") != zxid
          else { continue }
          let value = part.function == "getData" ? part.value : nil
          if let value, value != own.value { continue }
          let isContested = rivals.contains { rival in
            guard rival.function == own.function else { return false }
            let mayBePath = rival.path == own.path || (rival.path == nil && rival.isSequential)
            return mayBePath && (value == nil || rival.value == value)
          }
          if !isContested { places[zxid, default: []].append((witness.operation.id, field)) }
        }
      }
    }
    guard places.count == 1, let (zxid, shown) = places.first else {
      throw .notChecked("where op \(id), which was not answered, was done cannot be told apart")
    }
    return Place(zxid: zxid, rank: 0, shown: shown)
  }
}
