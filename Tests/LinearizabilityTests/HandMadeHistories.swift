import OperationHistory
import Testing

@testable import Linearizability

/// An operation of a history written by hand, with its interval; `Int32.max` if it never ends.
typealias Interval = (ModelOperation, invocation: Int32, completion: Int32)

extension ModelOperation {
  static func read(_ number: Int64?) -> Self { Self(.read, value(number)) }
  static func write(_ number: Int64) -> Self { Self(.write, value(number)) }
  static func cas(_ from: Int64?, _ to: Int64) -> Self { Self(.cas, value(from), value(to)) }
  /// A cas that failed, and so read that the value was another one.
  static func failedCas(_ from: Int64?) -> Self { Self(.failedCas, value(from)) }
  static func add(_ number: Int64) -> Self { Self(.add, value(number)) }

  private static func value(_ number: Int64?) -> ValueID {
    number.flatMap { ValueID(smallInteger: $0) } ?? .null
  }
}

extension [Interval] {
  /// As a partition, which must be given in the order of invocation.
  var entries: [Entry] {
    enumerated().map { index, interval in
      Entry(
        interval.0, invocation: interval.invocation, completion: interval.completion,
        source: Int32(index))
    }
  }
}

/// Expects that brute force and every engine decide a history so, of a register unless said.
func expect(
  _ verdict: Verdict, _ intervals: [Interval],
  model: BuiltInModel = BuiltInModel(.register, values: ValueTable()),
  sourceLocation: SourceLocation = #_sourceLocation
) {
  var comparison = Comparison(model, name: "", takesTurns: false)
  let differences = comparison.compare(intervals.entries)
  #expect(differences.isEmpty, sourceLocation: sourceLocation)
  #expect((comparison.linearizable == 1) == (verdict == .holds), sourceLocation: sourceLocation)
}
