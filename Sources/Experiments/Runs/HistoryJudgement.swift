import Consistency
import Linearizability
import OperationHistory

/// What the history of a run says of its servers.
enum HistoryJudgement {
  /// A znode of which more writes and removals than this may have happened or not is not judged.
  ///
  /// One in some thousand runs leaves more than a hundred behind, and a search among them may not end.
  /// A limit of time would make what is printed depend on the machine.
  private static let indeterminateLimit = 40

  /// Looks at each znode by itself: its writes, with each of those choices of reads.
  static func findings(in bytes: [UInt8], reads: [ReadSelection]) -> [Finding] {
    do throws(HistoryError) {
      let history = try History(native: bytes)
      var findings: [Finding] = []
      for selection in reads { findings += try Self.findings(in: history, selection) }
      return findings
    } catch {
      return [Finding(malformed: error)]
    }
  }

  private static func findings(
    in history: History, _ reads: ReadSelection
  ) throws(HistoryError) -> [Finding] {
    let projection = try ZnodeProjection(history, reads: reads)
    // One after the other: other runs keep the other processors busy.
    return projection.compiled.partitions
      .filter { $0.entries.count(where: \.isIndeterminate) <= indeterminateLimit }
      .filter {
        checkLinearizability($0, model: projection.compiled.model, budget: SearchBudget())
          .verdict == .violated
      }
      .map { Finding(znode: history.values.text(of: $0.key), reads) }
  }
}

extension History {
  /// Reads a history that a run has recorded.
  init(native bytes: [UInt8]) throws(HistoryError) {
    self = try bytes.withUnsafeBytes { bytes in
      Result { () throws(HistoryError) in try HistoryReader.read(bytes, format: .native) }
    }.get()
  }
}

extension ValueTable {
  /// A string's text, for a message.
  fileprivate func text(of value: ValueID) -> String {
    string(value).map { String(decoding: $0, as: UTF8.self) } ?? "?"
  }
}

extension Finding {
  /// A znode of the history.
  fileprivate init(znode path: String, _ selection: ReadSelection) {
    let reads = selection == .synced ? "reads after syncs" : "reads at the leader"
    promise = "znodes are linearizable"
    message = "no order of the writes of \(path) and its \(reads) explains all answers"
  }

  /// A history that cannot be read.
  fileprivate init(malformed error: HistoryError) {
    promise = "histories are well formed"
    message = "line \(error)"
  }
}
