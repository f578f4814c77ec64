import OperationHistory

/// Checks that a part follows from the history by relaxations that keep every order
/// (``Relaxation``), and that it has no order itself.
func verifyViolation(
  _ certificate: Certificate, _ index: OperationIndex
) throws(Refusal) -> Verification {
  guard let part = certificate.parts.first, certificate.parts.count == 1 else {
    throw Refusal("a violation is proved by one part of the history")
  }
  let candidates = index.partitionsByKey()[OperationIndex.keyText(part.key)] ?? []
  guard let partition = index.choose(candidates, for: part.operations) else {
    throw Refusal(
      part.key.map { "the history has no key \(describeValue($0))" }
        ?? "the certificate names no key, but the history has keys")
  }
  let kept = try relaxedEntries(part, partition, index)
  let object = index.key(of: partition)
  let operations = kept.count == 1 ? "1 operation" : "\(kept.count) operations"
  switch countOrders(kept, model: index.compiled.model) {
  case .some((hasOrder: true, _)):
    throw Refusal("what the certificate lists, \(operations) of \(object), has an order")
  case .some((hasOrder: false, let configurations)):
    return .valid(
      "\(operations) of \(object), which follow from the history, have no order: all were tried,"
        + " over \(configurations) configurations")
  case .none:
    return .notChecked(
      "\(operations) of \(object) follow from the history, but that they have no order was not"
        + " checked: there are too many orders")
  }
}

private func countOrders(
  _ entries: [Entry], model: BuiltInModel
) -> (hasOrder: Bool, configurations: Int)? {
  func run(_ specification: some Model<ModelOperation>) -> (Bool, Int)? {
    guard
      var search = ExhaustiveSearch(specification, entries, stepLimit: exhaustiveStepLimit),
      let hasOrder = search.hasOrder()
    else { return nil }
    return (hasOrder, search.configurations)
  }
  return run(model.specification)
}

/// The entries of a part as the certificate has them, if they follow from the partition.
private func relaxedEntries(
  _ part: Certificate.Part, _ partition: Int, _ index: OperationIndex
) throws(Refusal) -> [Entry] {
  let entries = index.compiled.partitions[partition].entries
  let relaxation = Relaxation(index.compiled.model)
  let isListed = try marks(part.operations, partition, index)
  let isRelaxed = try marks(part.indeterminate, partition, index)
  var remains = entries.map(Optional.some)
  if let after = part.after {
    let base = try index.place(of: after, in: partition)
    guard !entries[base].isIndeterminate, relaxation.isPlainWrite(entries[base].operation) else {
      throw Refusal(
        "\(index.name(entries[base])) does not hide what was before it: it is no write that ended")
    }
    remains = relaxation.cut(entries, after: base)
  }
  var kept: [Entry] = []
  for (place, original) in entries.enumerated() {
    guard isListed[place] else {
      if isRelaxed[place] {
        throw Refusal("\(index.name(original)) counts as indeterminate, but is not listed")
      }
      continue
    }
    guard var entry = remains[place] else {
      throw Refusal("\(index.name(original)) is listed, but may not be known after the write")
    }
    if isRelaxed[place] {
      guard !original.isIndeterminate else {
        throw Refusal("\(index.name(original)) is indeterminate in the history already")
      }
      entry = relaxation.indeterminate(entry)
    }
    guard entry.isIndeterminate == (isRelaxed[place] || original.isIndeterminate) else {
      throw Refusal("\(index.name(original)) overlaps the write, and must count as indeterminate")
    }
    kept.append(entry)
  }
  // The rest must be such that it may go.
  let last = Relaxation.lastCompletion(kept)
  let sights = relaxation.sights(kept)
  for (place, entry) in remains.enumerated() where !isListed[place] {
    guard let entry else { continue }
    let mayGo =
      entry.invocation > last || relaxation.isObservation(entry.operation)
      || relaxation.isUnseen(entry.operation, by: sights)
    guard mayGo else {
      throw Refusal("\(index.name(entry)) is left out, but an order may need it")
    }
  }
  return kept
}

/// Which entries of a partition a list names, each once.
private func marks(
  _ ids: [Int64], _ partition: Int, _ index: OperationIndex
) throws(Refusal) -> [Bool] {
  let entries = index.compiled.partitions[partition].entries
  var marks = [Bool](repeating: false, count: entries.count)
  for id in ids {
    let place = try index.place(of: id, in: partition)
    guard !marks[place] else {
      throw Refusal("\(index.name(entries[place])) is listed twice")
    }
    marks[place] = true
  }
  return marks
}
