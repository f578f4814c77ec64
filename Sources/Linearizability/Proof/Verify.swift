import OperationHistory

/// What became of a certificate that was checked against its history.
public enum Verification: Hashable, Sendable {
  /// It proves its verdict; the sentence says what was checked.
  case valid(String)
  /// It does not; the sentence says why.
  case invalid(String)
  /// Nothing is wrong with it, but not all of it was checked; the sentence says what was not.
  case notChecked(String)
}

/// Checks a certificate against the history that it is about.
///
/// It trusts nothing but the models: that the bytes are the same, that each operation stands where
/// it may, that real time is respected and each step legal; or that a part without an order follows
/// from the history by relaxations that keep every order (``shrink(_:model:violatedBy:budget:)``),
/// and, by trying all orders, that it has none.
///
/// - Parameters:
///   - certificate: what is to be checked.
///   - history: what was read from the bytes.
///   - digest: the SHA-256 of those bytes, in hexadecimal.
/// - Returns: whether it proves its verdict, with a sentence.
/// - Complexity: for *holds* O(n) in the number of operations. For *violated* O(n), and a search
///   that is limited to 128 operations and two million configurations.
public func verify(
  _ certificate: Certificate, history: History, digest: String
) -> Verification {
  guard certificate.history == digest else { return .aboutOtherBytes(certificate, digest) }
  var history = history
  if let rule = certificate.failedCas { history.failedCas = rule }
  let compiled: CompiledHistory
  do {
    compiled = try CompiledHistory(
      history, model: certificate.model,
      partitioned: certificate.isPartitioned || certificate.verdict == .violated)
  } catch {
    return .invalid("the history does not fit the model \(certificate.model.rawValue): \(error)")
  }
  return verify(certificate, history: history, compiled: compiled, digest: digest)
}

/// Checks a certificate against the history that it is about, as its model sees it.
///
/// For a model that another module brings, which must be trusted to compile the history; see
/// ``verify(_:history:digest:)``.
public func verify(
  _ certificate: Certificate, history: History, compiled: CompiledHistory, digest: String
) -> Verification {
  guard certificate.history == digest else { return .aboutOtherBytes(certificate, digest) }
  let index = OperationIndex(history, compiled)
  do {
    switch certificate.verdict {
    case .holds: return .valid(try verifyOrders(certificate, index))
    case .violated: return try verifyViolation(certificate, index)
    case .unknown: return .invalid("a certificate is of *holds* or *violated*")
    }
  } catch {
    return .invalid(error.reason)
  }
}

extension Verification {
  fileprivate static func aboutOtherBytes(_ certificate: Certificate, _ digest: String) -> Self {
    .invalid(
      "the certificate is about other bytes: their SHA-256 is \(certificate.history), that of the"
        + " history is \(digest)")
  }
}

/// Why a certificate proves nothing.
struct Refusal: Error {
  var reason: String
  init(_ reason: String) { self.reason = reason }
}

/// Finds the entries that a certificate names.
struct OperationIndex {
  let history: History
  let compiled: CompiledHistory
  /// For each operation the partition that it belongs to, -1 if it says nothing.
  private var partitions: [Int32]
  /// For each operation its place among the partition's entries.
  private var places: [Int32]
  /// The same for operations that belong to further partitions as well.
  private var others: [Int64: Int32] = [:]
  private let numbers: Numbers

  /// From an operation's id to its index.
  private enum Numbers {
    /// They are the same.
    case indices
    case table([Int32], first: Int64)
    case dictionary([Int64: Int32])
  }

  init(_ history: History, _ compiled: CompiledHistory) {
    self.history = history
    self.compiled = compiled
    partitions = Array(repeating: -1, count: history.operations.count)
    places = Array(repeating: -1, count: history.operations.count)
    for (partition, content) in compiled.partitions.enumerated() {
      for (place, entry) in content.entries.enumerated() {
        guard partitions[Int(entry.source)] < 0 else {
          others[Int64(partition) << 32 | Int64(entry.source)] = Int32(truncatingIfNeeded: place)
          continue
        }
        partitions[Int(entry.source)] = Int32(truncatingIfNeeded: partition)
        places[Int(entry.source)] = Int32(truncatingIfNeeded: place)
      }
    }
    numbers = Self.number(history.operations)
  }

  private static func number(_ operations: [HistoryOperation]) -> Numbers {
    var isIdentity = true
    var lowest = Int64.max
    var highest = Int64.min
    for (index, operation) in operations.enumerated() {
      if operation.id != Int64(index) { isIdentity = false }
      lowest = min(lowest, operation.id)
      highest = max(highest, operation.id)
    }
    if isIdentity { return .indices }
    let (span, overflow) = highest.subtractingReportingOverflow(lowest)
    if !overflow, span < 4 * Int64(operations.count) + 1024 {
      var table = [Int32](repeating: -1, count: Int(span) + 1)
      for (index, operation) in operations.enumerated() {
        table[Int(operation.id - lowest)] = Int32(truncatingIfNeeded: index)
      }
      return .table(table, first: lowest)
    }
    var dictionary: [Int64: Int32] = [:]
    dictionary.reserveCapacity(operations.count)
    for (index, operation) in operations.enumerated() {
      dictionary[operation.id] = Int32(truncatingIfNeeded: index)
    }
    return .dictionary(dictionary)
  }

  private func index(of id: Int64) -> Int? {
    switch numbers {
    case .indices: return history.operations.indices.contains(Int(id)) ? Int(id) : nil
    case .table(let table, let first):
      let (offset, overflow) = id.subtractingReportingOverflow(first)
      guard !overflow, offset >= 0, offset < table.count, table[Int(offset)] >= 0
      else { return nil }
      return Int(table[Int(offset)])
    case .dictionary(let dictionary): return dictionary[id].map { Int($0) }
    }
  }

  /// The place of an operation among the entries of a partition.
  func place(of id: Int64, in partition: Int) throws(Refusal) -> Int {
    guard let index = index(of: id) else {
      throw Refusal("the history has no operation \(id)")
    }
    if let other = others[Int64(partition) << 32 | Int64(index)] { return Int(other) }
    guard Int(partitions[index]) == partition else {
      throw Refusal(
        partitions[index] < 0
          ? "\(name(id, index)) says nothing to the model, and so has no place in an order"
          : "\(name(id, index)) is not about \(key(of: partition))")
    }
    return Int(places[index])
  }

  /// The partitions by the text of their keys; different keys may have the same text.
  func partitionsByKey() -> [[UInt8]: [Int]] {
    Dictionary(
      grouping: compiled.partitions.indices, by: { keyText(ofPartition: $0) })
  }

  private func keyText(ofPartition partition: Int) -> [UInt8] {
    let key = compiled.partitions[partition].key
    return Self.keyText(key == .absent ? nil : compiled.model.values[key])
  }

  static func keyText(_ key: Value?) -> [UInt8] {
    var text: [UInt8] = []
    if let key { appendJSON(key, to: &text) }
    return text
  }

  /// Which of some partitions an order is of: the one that its first operation belongs to.
  func choose(_ candidates: [Int], for operations: [Int64]) -> Int? {
    guard candidates.count > 1, let first = operations.first.flatMap(index(of:)) else {
      return candidates.first
    }
    return candidates.first { $0 == Int(partitions[first]) } ?? candidates.first
  }

  func key(of partition: Int) -> String {
    let key = compiled.partitions[partition].key
    return key == .absent ? "the object" : "key \(compiled.model.values.describe(key))"
  }

  /// `operation 7 (line 12)`.
  func name(_ id: Int64, _ index: Int) -> String {
    "operation \(id) (line \(history.operations[index].invocationLine))"
  }

  func name(_ entry: Entry) -> String {
    name(history.operations[Int(entry.source)].id, Int(entry.source))
  }
}

// MARK: Orders

/// Checks that each partition has its order; says so in a sentence.
private func verifyOrders(
  _ certificate: Certificate, _ index: OperationIndex
) throws(Refusal) -> String {
  var partitions = index.partitionsByKey()
  var operations = 0
  for part in certificate.parts {
    let text = OperationIndex.keyText(part.key)
    guard let candidates = partitions[text],
      let partition = index.choose(candidates, for: part.operations)
    else {
      throw Refusal(
        part.key.map { "no partition of key \(describeValue($0)) is left for its order" }
          ?? "an order has no key, and no partition without a key is left")
    }
    partitions[text] = candidates.filter { $0 != partition }
    try verifyOrder(part.operations, ofPartition: partition, index)
    operations += part.operations.count
  }
  if let missing = index.compiled.partitions.indices.first(where: { partition in
    partitions.values.contains { $0.contains(partition) }
  }) {
    throw Refusal("the certificate has no order for \(index.key(of: missing))")
  }
  let count = certificate.parts.count
  return
    "\(operations) operations stand in \(count == 1 ? "an order" : "\(count) orders") that real"
    + " time and the model allow"
}

private func verifyOrder(
  _ order: [Int64], ofPartition partition: Int, _ index: OperationIndex
) throws(Refusal) {
  let entries = index.compiled.partitions[partition].entries
  var places: [Int] = []
  places.reserveCapacity(order.count)
  var isPlaced = [Bool](repeating: false, count: entries.count)
  // No operation may stand behind one that began after it had ended.
  var latest: (invocation: Int32, place: Int) = (-1, -1)
  for id in order {
    let place = try index.place(of: id, in: partition)
    let entry = entries[place]
    guard !isPlaced[place] else { throw Refusal("\(index.name(entry)) stands in an order twice") }
    isPlaced[place] = true
    guard entry.completion >= latest.invocation else {
      throw Refusal(
        "\(index.name(entry)) stands behind \(index.name(entries[latest.place])), which began"
          + " after it had ended")
    }
    if entry.invocation > latest.invocation { latest = (entry.invocation, place) }
    places.append(place)
  }
  if let missing = entries.indices.first(where: {
    !isPlaced[$0] && !entries[$0].isIndeterminate
  }) {
    throw Refusal("\(index.name(entries[missing])) happened, but its order leaves it out")
  }
  try verifySteps(places, entries, index)
}

private func verifySteps(
  _ order: [Int], _ entries: [Entry], _ index: OperationIndex
) throws(Refusal) {
  var model = index.compiled.model
  let isKeyed = model.keyed
  model.keyed = false
  func refusal(_ entry: Entry, _ state: String) -> Refusal {
    let phrase = describe(entry.operation, model: index.compiled.model)
    return Refusal(
      "\(index.name(entry)), \(phrase), cannot happen where the order has it: the state there is"
        + " \(state)")
  }
  func run<M: Model<ModelOperation>>(_ specification: M) throws(Refusal) {
    guard isKeyed else {
      var state = specification.initialState
      for place in order {
        guard let next = specification.step(state, entries[place].operation) else {
          throw refusal(
            entries[place], specification.describe(state, values: model.values))
        }
        state = next
      }
      return
    }
    // An order of all keys is legal if it is for each.
    var states: [ValueID: M.State] = [:]
    for place in order {
      let key = entries[place].operation.key
      let state = states[key] ?? specification.initialState
      guard let next = specification.step(state, entries[place].operation) else {
        throw refusal(entries[place], specification.describe(state, values: model.values))
      }
      states[key] = next
    }
  }
  try run(model.specification)
}
