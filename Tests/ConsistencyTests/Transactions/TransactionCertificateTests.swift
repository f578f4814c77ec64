import Linearizability
import LinnaeusBase
import OperationHistory
import Testing

@testable import Consistency

@Suite("Certificates of transactions")
struct TransactionCertificateTests {
  private static let seeds: UInt64 = 400
  private static let digest = String(repeating: "0", count: 64)

  private func verification(
    _ certificate: TransactionCertificate, _ history: History
  ) -> Verification {
    verify(certificate, history: history, digest: Self.digest)
  }

  @Test("Every one is read back and verified, and brute force agrees with it")
  func found() throws {
    var (orders, cycles) = (0, 0)
    for engine in RandomTransactions.Engine.allCases {
      for model in TransactionModel.allCases {
        for seed in 0..<Self.seeds {
          var random = RandomTransactions(
            seed: seed, engine: engine, model: model, readsAllAtLast: seed.isMultiple(of: 3))
          if seed.isMultiple(of: 2) { _ = random.spoil() }
          let report = try TransactionText.report(random.text)
          for level in IsolationLevel.allCases {
            guard let certificate = report.certificate(of: level, digest: Self.digest) else {
              continue
            }
            let read = try certificate.write().withUnsafeBytes(TransactionCertificate.parse)
            #expect(read == certificate)
            #expect(certificate.write().withUnsafeBytes(TransactionCertificate.isOne))
            guard case .valid = verification(certificate, report.transactions.history) else {
              Issue.record("seed \(seed), \(level): not valid")
              continue
            }
            switch certificate.proof {
            case .order:
              orders += 1
              #expect(random.hasOrder(level.order), "seed \(seed), \(level)\n\(random.text)")
            case .cycle: cycles += 1
            }
          }
        }
      }
    }
    #expect(orders > 1_000 && cycles > 1_000, "\(orders) orders, \(cycles) cycles")
  }

  /// The levels that brute force decides, and how.
  private static let levels: [(IsolationLevel, isFromSnapshots: Bool)] = [
    (.serializable, false), (.strongSessionSerializable, false), (.strictSerializable, false),
    (.snapshotIsolation, true), (.strongSessionSnapshotIsolation, true),
    (.strongSnapshotIsolation, true),
  ]

  @Test("What somebody made up is valid only where it is true")
  func forged() throws {
    var accepted = (orders: 0, cycles: 0)
    for seed in 0..<Self.seeds * 4 {
      var choice = SeededRandom(seed: seed ^ 0xF0)
      let model = TransactionModel.allCases[choice.below(2)]
      var random = RandomTransactions(
        seed: seed, engine: RandomTransactions.Engine.allCases[choice.below(6)], model: model,
        readsAllAtLast: choice.chance(1, in: 2))
      if choice.chance(1, in: 2) { _ = random.spoil() }
      let history = try TransactionText.read(random.text)
      let ids = history.operations.map(\.id)
      let report = try TransactionReport(history, model: model)
      let cycles = IsolationLevel.allCases.flatMap { level -> [ConsistencyCertificate.Edge] in
        guard case .cycle(let edges)? = report.certificate(of: level, digest: Self.digest)?.proof
        else { return [] }
        return edges
      }
      for _ in 0..<40 {
        let (level, isFromSnapshots) = Self.levels[choice.below(Self.levels.count)]
        let some = ids.shuffled(using: &choice)
        let isOrder = choice.chance(1, in: 3)
        let proof: ConsistencyCertificate.Proof
        if isOrder {
          proof = .order(
            history.operations.filter { $0.outcome != .fail }.map(\.id)
              .shuffled(using: &choice))
        } else {
          let cycle = some.prefix(choice.chance(1, in: 4) ? 3 : 2)
          proof = .cycle(
            zip(cycle, cycle.dropFirst() + cycle.prefix(1)).map { from, to in
              // The end of a real cycle, or anything.
              let known = cycles.filter { $0.from == from && $0.to == to }
              if let edge = known.first, choice.chance(1, in: 2) { return edge }
              let kind: EdgeKind =
                [.writeWrite, .writeRead, .readWrite, .process, .realTime][choice.below(5)]
              return .init(
                from: from, to: to, kind: kind.name, because: kind == .readWrite ? from : to,
                field: kind.shownBy)
            })
        }
        let certificate = TransactionCertificate(
          history: Self.digest, model: model, level: level, proof: proof)
        guard case .valid = verification(certificate, history) else { continue }
        let hasOrder = random.hasOrder(level.order, isFromSnapshots: isFromSnapshots)
        #expect(hasOrder == isOrder, "seed \(seed), \(level): \(proof)\n\(random.text)")
        if isOrder { accepted.orders += 1 } else { accepted.cycles += 1 }
      }
    }
    #expect(accepted.orders > 100 && accepted.cycles > 100, "\(accepted)")
  }

  @Test("Damage is seen")
  func damaged() throws {
    let lines =
      TransactionText.lines(0, "[\"append\",\"x\",1]")
      + TransactionText.lines(1, "[\"r\",\"x\",[]]")
    let report = try TransactionText.report(TransactionText.native(lines))
    let history = report.transactions.history
    let broken = try #require(report.certificate(of: .strictSerializable, digest: Self.digest))
    let kept = try #require(report.certificate(of: .serializable, digest: Self.digest))
    guard case .cycle(let edges) = broken.proof, case .order(let order) = kept.proof else {
      Issue.record("\(broken.proof), \(kept.proof)")
      return
    }
    func isValid(_ level: IsolationLevel, _ proof: ConsistencyCertificate.Proof) -> Bool {
      let certificate = TransactionCertificate(
        history: Self.digest, model: .listAppend, level: level, proof: proof)
      if case .valid = verification(certificate, history) { return true }
      return false
    }
    #expect(isValid(.strictSerializable, .cycle(edges)) && isValid(.serializable, .order(order)))
    #expect(!isValid(.serializable, .cycle(edges)))
    #expect(!isValid(.strictSerializable, .order(order)))
    #expect(!isValid(.serializable, .order(order.reversed())))
    #expect(!isValid(.serializable, .order(Array(order.dropLast()))))
    #expect(!isValid(.serializable, .order(order + order)))
    #expect(!isValid(.serializable, .order([7] + order)))
    #expect(!isValid(.strictSerializable, .cycle(Array(edges.dropLast()))))
    for index in edges.indices {
      var other = edges
      other[index].kind = "zxid"
      #expect(!isValid(.strictSerializable, .cycle(other)))
      other = edges
      other[index].because += 1
      #expect(!isValid(.strictSerializable, .cycle(other)))
      other = edges
      other[index].field = "time"
      #expect(!isValid(.strictSerializable, .cycle(other)))
    }
    guard case .invalid = verify(broken, history: history, digest: "1") else {
      Issue.record("another file")
      return
    }
  }
}
