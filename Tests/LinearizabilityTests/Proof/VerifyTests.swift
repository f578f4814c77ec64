import LinnaeusBase
import OperationHistory
import Testing

@testable import Linearizability

@Suite("Verify")
struct VerifyTests {
  /// A history that was checked, with its certificate.
  private struct Checked {
    var history: History
    var compiled: CompiledHistory
    var certificate: Certificate
    var objects: [(key: Value?, entries: [Entry])]
  }

  private func check(
    _ test: TestModel, seed: UInt64, objects count: Int = 1, changed: Int,
    partitioned: Bool = true
  ) throws -> Checked? {
    var random = SeededRandom(seed: seed)
    let objects = randomObjects(
      test, count: count, operations: 9, changed: changed, using: &random)
    let history = try makeHistory(objects, model: test.model, ids: { 3 * Int64($0) - 4 })
    let compiled = try CompiledHistory(history, model: nil, partitioned: partitioned)
    let result = checkLinearizability(compiled)
    var shrunk: ShrunkPartition?
    if let violated = result.partitions.firstIndex(where: { $0.verdict == .violated }) {
      shrunk = shrink(
        compiled.partitions[violated], model: compiled.model,
        violatedBy: result.partitions[violated].violatedBy, budget: SearchBudget())
    }
    guard
      let certificate = Certificate(
        result: result, compiled: compiled, history: history, digest: testDigest, shrunk: shrunk)
    else { return nil }
    return Checked(
      history: history, compiled: compiled, certificate: certificate, objects: objects)
  }

  private func isValid(_ certificate: Certificate, _ history: History) -> Bool {
    if case .valid = verify(certificate, history: history, digest: testDigest) {
      true
    } else {
      false
    }
  }

  @Test("Every certificate is valid, also when read again", arguments: TestModel.all)
  func valid(_ test: TestModel) throws {
    var verdicts: [Verdict: Int] = [:]
    for seed in 0..<UInt64(Effort.scaled(120)) {
      let checked = try #require(
        try check(
          test, seed: seed, objects: seed % 3 == 0 ? 3 : 1, changed: Int(seed % 4),
          partitioned: seed % 2 == 0))
      verdicts[checked.certificate.verdict, default: 0] += 1
      #expect(try parseCertificate(checked.certificate.write()) == checked.certificate)
      let verification = verify(
        checked.certificate, history: checked.history, digest: testDigest)
      #expect(
        isValid(checked.certificate, checked.history), "seed \(seed), \(test): \(verification)")
    }
    #expect(verdicts[.holds, default: 0] > 10 && verdicts[.violated, default: 0] > 5)
  }

  @Test("An order is valid exactly if it is one", arguments: TestModel.all)
  func corruptOrders(_ test: TestModel) throws {
    var refused = 0
    for seed in 0..<UInt64(Effort.scaled(45)) {
      guard let checked = try check(test, seed: seed, changed: 0),
        let entries = checked.compiled.partitions.first?.entries,
        let order = checked.certificate.parts.first?.operations, !order.isEmpty,
        checked.certificate.verdict == .holds
      else { continue }
      var random = SeededRandom(seed: seed ^ 0xABCD)
      for _ in 0..<8 {
        var corrupt = order
        switch random.below(5) {
        case 0: corrupt.swapAt(random.below(order.count), random.below(order.count))
        case 1: corrupt.remove(at: random.below(order.count))
        case 2: corrupt.insert(order[random.below(order.count)], at: random.below(order.count))
        case 3: corrupt[random.below(order.count)] += Int64(random.below(7)) - 3
        default: corrupt.append(corrupt.remove(at: random.below(order.count)))
        }
        var certificate = checked.certificate
        certificate.parts[0].operations = corrupt
        // The tests' own judge says whether this happens to be an order all the same.
        let places = corrupt.map { id in
          entries.firstIndex { checked.history.operations[Int($0.source)].id == id }
        }
        let isOrder =
          !places.contains(nil)
          && BruteForce.flaw(
            in: places.map { Int32($0 ?? 0) }, of: entries, model: checked.compiled.model) == nil
        if !isOrder { refused += 1 }
        #expect(
          isValid(certificate, checked.history) == isOrder,
          "seed \(seed), \(test): \(order) → \(corrupt)")
      }
    }
    #expect(refused > 100)
  }

  @Test("A certificate is for its bytes, its keys and its model")
  func foreign() throws {
    let test = TestModel(.register)
    let checked = try #require(try check(test, seed: 3, objects: 3, changed: 0))
    let good = checked.certificate
    #expect(good.verdict == .holds && isValid(good, checked.history))
    func refusal(_ change: (inout Certificate) -> Void) -> String {
      var certificate = good
      change(&certificate)
      guard
        case .invalid(let reason) = verify(
          certificate, history: checked.history, digest: testDigest)
      else { return "valid" }
      return reason
    }
    #expect(refusal { $0.history = String(repeating: "0", count: 64) }.contains("other bytes"))
    #expect(refusal { $0.model = .queue }.contains("does not fit the model queue"))
    #expect(refusal { $0.parts.removeLast() } == "the certificate has no order for key 12")
    #expect(
      refusal { $0.parts.append($0.parts[0]) } == "no partition of key 10 is left for its order")
    #expect(
      refusal { $0.parts[0].key = .integer(99) }
        == "no partition of key 99 is left for its order")
    #expect(refusal { $0.parts[0].key = nil }.contains("an order has no key"))
    #expect(
      refusal { $0.parts[0].operations += $0.parts[1].operations }.contains("is not about key 10"))
    #expect(refusal { $0.parts[0].operations[0] = 77_777 } == "the history has no operation 77777")
    #expect(refusal { $0.isPartitioned = false } != "valid")
    #expect(refusal { $0.verdict = .violated } != "valid")
  }

  @Test("A part without an order is checked by trying all", arguments: TestModel.all)
  func corruptViolations(_ test: TestModel) throws {
    var refused = 0
    for seed in 0..<UInt64(Effort.scaled(45)) {
      guard let checked = try check(test, seed: seed, changed: 2),
        checked.certificate.verdict == .violated
      else { continue }
      let good = checked.certificate
      let history = nativeLines(checked.objects[0].entries, model: test.model)
      let entries = checked.compiled.partitions[0].entries
      func id(_ entry: Entry) -> Int64 { checked.history.operations[Int(entry.source)].id }
      // The part is minimal, so anything less has an order or needs what is left out.
      for index in good.parts[0].operations.indices {
        var less = good
        let gone = less.parts[0].operations.remove(at: index)
        less.parts[0].indeterminate.removeAll { $0 == gone }
        #expect(
          !isValid(less, checked.history),
          "seed \(seed), \(test): \(history), \(good.parts) less \(gone)")
        var relaxed = good
        if !good.parts[0].indeterminate.contains(gone) {
          relaxed.parts[0].indeterminate.append(gone)
          #expect(
            !isValid(relaxed, checked.history), "seed \(seed), \(test): \(good.parts) ~\(gone)")
        }
        refused += 2
      }
      // Even a wrong part is refused if it has an order, and accepted only if the whole has none.
      var random = SeededRandom(seed: seed ^ 0x55)
      for _ in 0..<20 {
        let chosen = entries.filter { _ in random.chance(2, in: 3) }
        var other = good
        other.parts[0].operations = chosen.map(id)
        other.parts[0].indeterminate = chosen.filter {
          !$0.isIndeterminate && random.chance(1, in: 4)
        }.map(id)
        if isValid(other, checked.history) {
          #expect(!BruteForce.isLinearizable(entries, model: checked.compiled.model))
        }
      }
    }
    #expect(refused > 5)
  }

  @Test("No violation of a history that has an order is ever accepted", arguments: TestModel.all)
  func forgedViolations(_ test: TestModel) throws {
    var tried = 0
    for seed in 0..<UInt64(Effort.scaled(40)) {
      guard let checked = try check(test, seed: seed, changed: 0),
        checked.certificate.verdict == .holds,
        let entries = checked.compiled.partitions.first?.entries
      else { continue }
      func id(_ entry: Entry) -> Int64 { checked.history.operations[Int(entry.source)].id }
      var random = SeededRandom(seed: seed ^ 0x77)
      for _ in 0..<12 {
        let chosen = entries.filter { _ in random.chance(3, in: 4) }
        var part = Certificate.Part(key: nil, operations: chosen.map(id))
        part.indeterminate = chosen.filter {
          !$0.isIndeterminate && random.chance(1, in: 4)
        }.map(id)
        if random.chance(1, in: 2) { part.after = entries.randomID(&random).map(id) }
        let forged = Certificate(
          history: testDigest, model: checked.certificate.model, verdict: .violated, parts: [part])
        tried += 1
        #expect(!isValid(forged, checked.history), "seed \(seed), \(test): \(part)")
      }
    }
    #expect(tried > 100)
  }

  @Test("What is too long to be tried is said not to be checked")
  func tooLong() throws {
    var values = ValueTable()
    let one = values.intern(integer: 1)
    var entries = (0..<200).map { number in
      Entry(
        ModelOperation(.add, one), invocation: number * 2, completion: number * 2 + 1,
        source: number)
    }
    entries.append(Entry(ModelOperation(.read, one), invocation: 400, completion: 401, source: 200))
    let model = BuiltInModel(.counter, values: values)
    let history = try makeHistory([(nil, entries)], model: model)
    let certificate = Certificate(
      history: testDigest, model: .counter, verdict: .violated,
      parts: [.init(key: nil, operations: (0...200).map { Int64($0) })])
    let verification = verify(certificate, history: history, digest: testDigest)
    #expect(
      verification
        == .notChecked(
          "201 operations of the object follow from the history, but that they have no order was"
            + " not checked: there are too many orders"))
  }

  @Test("No certificate for unknown")
  func unknown() throws {
    let history = try makeHistory([], model: TestModel(.register).model)
    let compiled = try CompiledHistory(history)
    let result = CheckResult(partitions: [PartitionResult(verdict: .unknown, decidedBy: "test")])
    #expect(
      Certificate(
        result: result, compiled: compiled, history: history, digest: testDigest, shrunk: nil)
        == nil)
  }
}

extension [Entry] {
  fileprivate func randomID(_ random: inout SeededRandom) -> Entry? {
    isEmpty ? nil : self[random.below(count)]
  }
}
