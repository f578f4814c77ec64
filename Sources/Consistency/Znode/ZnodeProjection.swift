import Linearizability
import OperationHistory

/// Which reads a check of single znodes counts; all writes count always.
public enum ReadSelection: String, CaseIterable, Sendable {
  /// Those that the leader of the time answered.
  case leader
  /// Those after a `sync` of their session to the same server; each may take effect from the call
  /// of that `sync` on (consistency.md, P10).
  case synced
  /// All.
  case all
}

/// A ZooKeeper history as the model ``ZnodeModel`` sees it: for each path the writes and those
/// reads that count.
///
/// A request that concerns several paths stands in the partition of each: a multi with what it does
/// to that path, a create also as an observation that the parent was there. So each partition is
/// linearizable if the whole is, not the other way round.
///
/// Left out are the root and `/zookeeper`, which ZooKeeper makes by itself, and paths that the
/// header's `"parameters":{"paths":["/a"]}` does not name, if it names any.
public struct ZnodeProjection: Sendable {
  /// The history, with operations added behind its own.
  ///
  /// They are sessions that end unseen, and removals by the server. They have negative identifiers, and the lines of the create that they concern.
  public let history: History
  /// A partition for each path, by first appearance.
  public let compiled: CompiledHistory
  /// How many requests that read count, and how many do not.
  public let reads: (counted: Int, leftOut: Int)

  /// Projects a history.
  ///
  /// - Parameters:
  ///   - history: a history in the native format.
  ///   - reads: which reads count; nil is what the header's `"parameters":{"reads":"all"}` says,
  ///     and without it those at the leader.
  /// - Throws: `HistoryError` for fields that are missing or of the wrong kind, and for a history
  ///   that does not begin with an empty tree.
  /// - Complexity: O(n log n) in the size of the history.
  public init(_ history: History, reads: ReadSelection? = nil) throws(HistoryError) {
    let parameters = try ZnodeParameters(history)
    let columns = try ZooKeeperHistory(history)
    var projector = ZnodeProjector(
      columns, reads: reads ?? parameters.reads ?? .leader, paths: parameters.paths,
      reigns: try Reigns(history))
    projector.projectAll()
    self.history = projector.history
    self.reads = projector.readCounts
    var model = BuiltInModel(.znode, values: history.values)
    model.foreign = projector.model
    compiled = CompiledHistory(model: model, partitions: projector.partitions)
  }
}

/// What a history's header says of how its znodes are to be checked.
struct ZnodeParameters {
  var paths: Set<String>?
  var reads: ReadSelection?

  init(_ history: History) throws(HistoryError) {
    if let initial = history.headerField("initial") {
      let empty = Value.map([.init(.string("/"), .list([.string("zookeeper")]))])
      guard initial == empty || initial == .map([]) else {
        throw HistoryError(line: 1, "the model znode begins with an empty tree as `initial`")
      }
    }
    guard case .map(let fields)? = history.headerField("parameters") else { return }
    for field in fields {
      switch (field.name, field.value) {
      case (.string("paths"), .list(let list)):
        paths = []
        for case .string(let path) in list { paths?.insert(path) }
      case (.string("reads"), .string(let text)):
        guard let selection = ReadSelection(rawValue: text) else {
          throw HistoryError(line: 1, "expected leader, synced or all as `reads`")
        }
        reads = selection
      default: break
      }
    }
  }
}
