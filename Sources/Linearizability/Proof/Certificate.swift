import OperationHistory

/// What proves a verdict to somebody who has the history and does not trust the search.
///
/// It is written as JSON lines: a line that names the history and the verdict, then for *holds* a
/// line with the order of each partition, and for *violated* one line with a minimal part:
///
/// ```
/// {"certificate":1,"history":"9f86…","model":"register","guarantee":"linearizable","verdict":"holds"}
/// {"key":5,"order":[0,2,1,3]}
/// ```
///
/// Operations are named by ``HistoryOperation/id``. An indeterminate operation that an order leaves
/// out did not happen. `key` is missing where the history has no keys, or where one order is for
/// all keys, which the first line tells by `"partitioned":false`.
public struct Certificate: Hashable, Sendable {
  /// What the certificate says of one partition.
  public struct Part: Hashable, Sendable {
    /// The object; nil if the history has but one, or if this is of all of them together.
    public var key: Value?
    /// For *holds* the order; for *violated* the operations that have none.
    public var operations: [Int64]
    /// For *violated*: those of the operations that ended in the history but count as
    /// indeterminate, without their results.
    public var indeterminate: [Int64] = []
    /// For *violated*: a write; what had ended when it began was left out (``Relaxation``, rule 5).
    public var after: Int64?

    /// Names the operations of a partition.
    public init(key: Value?, operations: [Int64]) {
      self.key = key
      self.operations = operations
    }
  }

  /// The SHA-256 of the history's bytes, as 64 hexadecimal digits.
  public var history: String
  /// The model that it was checked against.
  public var model: ModelName
  /// *holds* or *violated*.
  public var verdict: Verdict
  /// Whether each key has an order of its own.
  public var isPartitioned = true
  /// How failed compare-and-set operations counted, if not as the history's format has it.
  public var failedCas: FailedCasRule?
  /// For *holds* one for each partition, for *violated* a single one.
  public var parts: [Part]

  /// A certificate with these parts.
  public init(history: String, model: ModelName, verdict: Verdict, parts: [Part]) {
    self.history = history
    self.model = model
    self.verdict = verdict
    self.parts = parts
  }

  /// The certificate of a result; nil for *unknown*.
  ///
  /// - Parameters:
  ///   - result: what the check found.
  ///   - compiled: what was checked.
  ///   - history: where that came from.
  ///   - digest: the SHA-256 of the history's bytes, in hexadecimal.
  ///   - shrunk: for *violated* the part that proves it; without one it is all that had been seen
  ///     of the first violated partition when the violation was there.
  public init?(
    result: CheckResult, compiled: CompiledHistory, history: History, digest: String,
    shrunk: ShrunkPartition?
  ) {
    self.init(
      history: digest, model: compiled.model.name, verdict: result.verdict, parts: [])
    let usualRule = History(format: history.format).failedCas
    failedCas = history.failedCas == usualRule ? nil : history.failedCas
    func id(_ entry: Entry) -> Int64 { history.operations[Int(entry.source)].id }
    func value(_ key: ValueID) -> Value? {
      key == .absent ? nil : compiled.model.values[key]
    }
    switch result.verdict {
    case .unknown: return nil
    case .holds:
      isPartitioned = !compiled.model.keyed
      parts = zip(compiled.partitions, result.partitions).map { partition, result in
        Part(
          key: value(partition.key),
          operations: result.order.map { id(partition.entries[Int($0)]) })
      }
    case .violated:
      guard
        let (partition, proof) = Self.violation(in: compiled, result: result, shrunk: shrunk)
      else { return nil }
      var completions: [Int32: Int32] = [:]
      for entry in partition.entries { completions[entry.source] = entry.completion }
      var part = Part(key: value(proof.key), operations: proof.entries.map(id))
      part.indeterminate = proof.entries.filter {
        $0.isIndeterminate && completions[$0.source] != .max
      }.map(id)
      part.after = proof.base.map { history.operations[Int($0)].id }
      parts = [part]
    }
  }

  /// The violated partition, and what proves that it is.
  private static func violation(
    in compiled: CompiledHistory, result: CheckResult, shrunk: ShrunkPartition?
  ) -> (Partition, ShrunkPartition)? {
    if let shrunk {
      let partition =
        compiled.model.keyed
        ? compiled.partitions.first
        : compiled.partitions.first { $0.key == shrunk.key }
      return partition.map { ($0, shrunk) }
    }
    guard
      let (partition, violation) = zip(compiled.partitions, result.partitions).first(where: {
        $1.verdict == .violated
      })
    else { return nil }
    var oracle = Oracle(model: compiled.model, budget: SearchBudget())
    let single = violatedKey(of: partition, model: compiled.model, oracle: &oracle)
    let prefix = Relaxation(compiled.model).truncated(
      single.entries, at: violation.violatedBy == .max ? .max - 1 : violation.violatedBy)
    return (
      partition,
      ShrunkPartition(key: single.key, entries: prefix.entries, isMinimal: false, checks: 0)
    )
  }

  // MARK: Writing

  /// The JSON lines.
  public func write() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(256 + parts.reduce(0) { $0 + 32 + $1.operations.count * 8 })
    func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
    append("{\"certificate\":1,\"history\":\"\(history)\",\"model\":\"\(model.rawValue)\"")
    append(",\"guarantee\":\"linearizable\",\"verdict\":\"\(verdict.rawValue)\"")
    if !isPartitioned { append(",\"partitioned\":false") }
    if let failedCas { append(",\"failedCas\":\"\(failedCas.rawValue)\"") }
    append("}\n")
    for part in parts {
      append("{")
      if let key = part.key {
        append("\"key\":")
        appendJSON(key, to: &bytes)
        append(",")
      }
      append(verdict == .holds ? "\"order\":" : "\"history\":")
      Self.append(part.operations, to: &bytes)
      if !part.indeterminate.isEmpty {
        append(",\"indeterminate\":")
        Self.append(part.indeterminate, to: &bytes)
      }
      if let after = part.after { append(",\"after\":\(after)") }
      append("}\n")
    }
    return bytes
  }

  private static func append(_ numbers: [Int64], to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "["))
    for (index, number) in numbers.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      if number < 0 { bytes.append(UInt8(ascii: "-")) }
      let start = bytes.count
      var rest = number.magnitude
      repeat {
        bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
        rest /= 10
      } while rest > 0
      bytes[start...].reverse()
    }
    bytes.append(UInt8(ascii: "]"))
  }
}
