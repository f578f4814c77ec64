import OperationHistory

/// What went into a container and came out, value by value: queues, stacks, priority queues.
///
/// It exists where no value is inserted twice, so that each value is one item with at most two
/// operations. Such histories are what the polynomial monitors of containers decide.
struct ContainerHistory {
  /// Stands for the time of an extraction that never comes: after every place.
  static let never = Int32.max - 1

  /// One value, from its insertion to its extraction.
  struct Item {
    var value: ValueID
    var insertion: Int32
    /// Negative if nobody is known to have extracted it.
    var extraction: Int32 = -1
    /// It went in between these places.
    var insertedAfter: Int32
    var insertedBefore: Int32
    /// It came out between these; both are ``ContainerHistory/never`` if nobody extracted it.
    ///
    /// The earlier bound is no earlier than the insertion's.
    var extractedAfter = ContainerHistory.never
    var extractedBefore = ContainerHistory.never

    /// Gives the item an extraction.
    mutating func extract(by entry: Entry, index: Int32) {
      extraction = index
      extractedAfter = max(entry.invocation, insertedAfter)
      extractedBefore = min(entry.completion, ContainerHistory.never)
    }
  }

  /// What can be said before any order is looked at.
  enum Outcome {
    /// The items, and the rest.
    case items(ContainerHistory)
    /// The prefix up to here is a violation for any container: a value comes out that did not go
    /// in, or comes out twice.
    case violated(Int32)
    /// A value is inserted twice, or something else happens than insertions and extractions.
    case unsupported
  }

  /// By ascending invocation of their insertions.
  ///
  /// An indeterminate insertion of what nobody extracted is left out: where there is an order with
  /// it there is one without, together with any extraction of unknown result that took it.
  private(set) var items: [Item] = []
  /// The entries of extractions that found nothing, by ascending invocation.
  private(set) var emptyExtractions: [Int32] = []
  /// The entries of indeterminate extractions, by ascending invocation: they took something that
  /// nobody knows, or nothing, or never happened.
  private(set) var unknownExtractions: [Int32] = []

  /// Sorts out what happened to each value.
  ///
  /// - Complexity: O(n).
  static func analyze(_ entries: [Entry]) -> Outcome {
    var itemOfValue: [ValueID: Int32] = [:]
    itemOfValue.reserveCapacity(entries.count / 2 + 1)
    var history = ContainerHistory()
    for (index, entry) in entries.enumerated() {
      let value = entry.operation.first
      switch entry.operation.action {
      case .insert:
        guard value != .null, value != .absent,
          itemOfValue.updateValue(Int32(history.items.count), forKey: value) == nil
        else { return .unsupported }
        history.items.append(
          Item(
            value: value, insertion: Int32(index), insertedAfter: entry.invocation,
            insertedBefore: entry.completion))
      case .extract:
        guard entry.isIndeterminate == (value == .absent) else { return .unsupported }
        if entry.isIndeterminate { history.unknownExtractions.append(Int32(index)) }
        if value == .null { history.emptyExtractions.append(Int32(index)) }
      default: return .unsupported
      }
    }
    if let place = history.matchExtractions(entries, itemOfValue) { return .violated(place) }
    history.items.removeAll { $0.extraction < 0 && entries[Int($0.insertion)].isIndeterminate }
    return .items(history)
  }

  /// Gives the items their extractions; the end of a prefix in which that is impossible, if one is.
  private mutating func matchExtractions(
    _ entries: [Entry], _ itemOfValue: [ValueID: Int32]
  ) -> Int32? {
    var violation: Int32?
    for (index, entry) in entries.enumerated() where entry.operation.action == .extract {
      let value = entry.operation.first
      guard value != .absent, value != .null else { continue }
      guard let item = itemOfValue[value].map(Int.init),
        items[item].insertedAfter < entry.completion
      else {
        violation = min(violation ?? .max, entry.completion)
        continue
      }
      guard items[item].extraction < 0 else {
        let place = max(entry.completion, entries[Int(items[item].extraction)].completion)
        violation = min(violation ?? .max, place)
        continue
      }
      items[item].extract(by: entry, index: Int32(index))
    }
    return violation
  }

  /// Changes every item.
  mutating func update(_ change: (inout Item) -> Void) {
    for index in items.indices { change(&items[index]) }
  }

  /// Whether an item is in the container for some time in every order, and cannot come out as soon
  /// as it goes in.
  static func isSurelyIn(_ item: Item) -> Bool {
    item.insertedBefore < item.extractedAfter
  }
}
