import Consistency
import Linearizability
import OperationHistory

/// What the history of a run says of its servers.
enum HistoryJudgement {
  /// Looks at each znode by itself: its writes, and its reads at the leader of the time.
  static func findings(in bytes: [UInt8]) -> [Finding] {
    do throws(HistoryError) {
      let history = try History(native: bytes)
      let projection = try ZnodeProjection(history, reads: .leader)
      // Other runs keep the other processors busy.
      var options = CheckOptions()
      options.parallelism = 1
      let result = checkLinearizability(projection.compiled, options: options)
      return zip(projection.compiled.partitions, result.partitions)
        .filter { $1.verdict == .violated }
        .map { partition, _ in Finding(znode: history.values.text(of: partition.key)) }
    } catch {
      return [Finding(malformed: error)]
    }
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
  fileprivate init(znode path: String) {
    promise = "znodes are linearizable"
    message = "no order of the writes of \(path) and its reads at the leader explains all answers"
  }

  /// A history that cannot be read.
  fileprivate init(malformed error: HistoryError) {
    promise = "histories are well formed"
    message = "line \(error)"
  }
}
