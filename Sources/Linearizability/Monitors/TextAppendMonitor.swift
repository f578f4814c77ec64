import OperationHistory

/// Decides keys whose text is only appended to and read, by reading each text as a list.
///
/// The longest text that was read is cut into the pieces that were appended. If just one piece fits
/// at each place, no other order of pieces makes that text, every earlier text was a beginning of
/// it that ends between two pieces, and the question is that of `ListAppendMonitor`.
///
/// - Complexity: O(the lengths of all texts · the number of different lengths of pieces).
struct TextAppendMonitor {
  static let name = "text-append-monitor"

  private let partition: Partition
  private let values: ValueTable
  /// The pieces by their text; a piece that was appended twice leaves the question open.
  private var pieces: Set<ArraySlice<UInt8>> = []
  private var lengths: [Int] = []
  private var longest: ArraySlice<UInt8> = []
  private var longestRead: Entry?
  /// Where the longest text may be cut, ascending, from 0.
  private var cuts: [Int] = [0]

  /// Decides `partition`; nil where the monitor does not apply.
  static func decide(
    _ partition: Partition, model: BuiltInModel, budget: SearchBudget
  ) -> PartitionResult? {
    guard model.name == .keyValue, model.missingIsEmpty, !model.keyed else { return nil }
    var monitor = TextAppendMonitor(partition: partition, values: model.values)
    guard monitor.collect() else { return nil }
    switch monitor.cut() {
    case .ambiguous: return nil
    case .impossible:
      return PartitionResult(
        verdict: .violated, decidedBy: name,
        violatedBy: monitor.longestRead?.completion ?? .max)
    case .cut: break
    }
    return monitor.decideAsList(budget: budget)
  }

  private init(partition: Partition, values: ValueTable) {
    self.partition = partition
    self.values = values
  }

  /// False if something else happens than appending different pieces and reading.
  private mutating func collect() -> Bool {
    for entry in partition.entries {
      guard let text = values.string(entry.operation.first) else { return false }
      switch entry.operation.action {
      case .append:
        guard !text.isEmpty, pieces.insert(text).inserted else { return false }
      case .read:
        guard !entry.isIndeterminate else { return false }
        if longestRead == nil || text.count > longest.count {
          (longest, longestRead) = (text, entry)
        }
      default: return false
      }
    }
    lengths = Set(pieces.map(\.count)).sorted()
    return true
  }

  private enum Cutting {
    case cut, ambiguous, impossible
  }

  private mutating func cut() -> Cutting {
    var used: Set<ArraySlice<UInt8>> = []
    var place = longest.startIndex
    while place < longest.endIndex {
      let fitting = lengths.filter {
        place + $0 <= longest.endIndex && pieces.contains(longest[place..<place + $0])
      }
      guard let length = fitting.first else { return .impossible }
      guard fitting.count == 1 else { return .ambiguous }
      guard used.insert(longest[place..<place + length]).inserted else { return .impossible }
      place += length
      cuts.append(place - longest.startIndex)
    }
    return .cut
  }

  private func decideAsList(budget: SearchBudget) -> PartitionResult? {
    var table = ValueTable()
    let elements = zip(cuts, cuts.dropFirst()).map { start, end in
      intern(longest[longest.startIndex + start..<longest.startIndex + end], &table)
    }
    var lists: [ValueID: ValueID] = [:]
    var entries = partition.entries
    for index in entries.indices {
      let value = entries[index].operation.first
      guard let text = values.string(value) else { return nil }
      if entries[index].operation.action == .append {
        entries[index].operation.first = intern(text, &table)
        continue
      }
      if lists[value] == nil {
        guard longest.starts(with: text), let count = cuts.firstIndex(of: text.count) else {
          // Two texts of which neither begins the other, or one that ends inside a piece.
          let other = longestRead?.completion ?? .max
          return PartitionResult(
            verdict: .violated, decidedBy: Self.name,
            violatedBy: max(entries[index].completion, other))
        }
        lists[value] = table.intern(list: Array(elements.prefix(count)))
      }
      entries[index].operation.first = lists[value] ?? .absent
    }
    var result = ListAppendMonitor.decide(
      Partition(key: partition.key, entries: entries),
      model: BuiltInModel(.listAppend, values: table), budget: budget)
    result?.decidedBy = Self.name
    return result
  }

  private func intern(_ text: ArraySlice<UInt8>, _ table: inout ValueTable) -> ValueID {
    text.withUnsafeBufferPointer { table.intern(string: $0) }
  }
}
