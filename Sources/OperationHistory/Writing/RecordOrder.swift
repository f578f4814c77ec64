/// One record of a history to be written.
enum RecordSource {
  case invocation(Int)
  case completion(Int)
  case annotation(Int)
}

/// In which order a history's records are written, and what must be added so that they read back
/// as the same history.
struct RecordOrder {
  /// The records.
  private(set) var records: [RecordSource] = []
  /// Whether completions cannot be paired by their processes alone.
  private(set) var needsIDs = false

  /// The order of a history's records.
  ///
  /// It is the order of the lines, but where times placed the operations and the new file cannot
  /// say so it is the order of real time.
  init(_ history: History, byPlace: Bool) {
    var events: [Event] = []
    // An indeterminate completion has no place in real time: it goes before the next invocation
    // of its process.
    var nextInvocation: [Int64: Int32] = [:]
    for (index, operation) in history.operations.enumerated().reversed() {
      let place = Int64(operation.invocation) * 2
      events.append(
        Event(
          line: byPlace ? 0 : operation.invocationLine, place: place, operation: Int32(index),
          isInvocation: true))
      if operation.completionLine > 0 {
        let next = nextInvocation[operation.process].map { Int64($0) * 2 - 1 } ?? .max
        events.append(
          Event(
            line: byPlace ? 0 : operation.completionLine,
            place: operation.completion == .max
              ? max(next, place + 1) : Int64(operation.completion) * 2,
            operation: Int32(index), isInvocation: false))
      }
      nextInvocation[operation.process] = operation.invocation
    }
    events.sort()
    interleave(events, history.annotations)
    needsIDs = Self.needsIDs(events, history)
  }

  private struct Event: Comparable {
    var line: Int32
    var place: Int64
    var operation: Int32
    var isInvocation: Bool

    static func < (left: Event, right: Event) -> Bool {
      if left.line != right.line { return left.line < right.line }
      if left.place != right.place { return left.place < right.place }
      if left.operation != right.operation { return left.operation < right.operation }
      return left.isInvocation && !right.isInvocation
    }
  }

  private mutating func interleave(_ events: [Event], _ annotations: [Annotation]) {
    records.reserveCapacity(events.count + annotations.count)
    var annotation = 0
    for (count, event) in events.enumerated() {
      while annotation < annotations.count, annotations[annotation].position <= count {
        records.append(.annotation(annotation))
        annotation += 1
      }
      let operation = Int(event.operation)
      records.append(event.isInvocation ? .invocation(operation) : .completion(operation))
    }
    records += (annotation..<max(annotation, annotations.count)).map { .annotation($0) }
  }

  /// Whether a reader that pairs by process and numbers operations from 0 would get it wrong.
  private static func needsIDs(_ events: [Event], _ history: History) -> Bool {
    var open: Set<Int64> = []
    var count: Int64 = 0
    for event in events {
      let operation = history.operations[Int(event.operation)]
      if event.isInvocation {
        if operation.id != count || !open.insert(operation.process).inserted { return true }
        count += 1
      } else {
        open.remove(operation.process)
      }
    }
    return false
  }
}

extension History {
  /// Whether the operations' times, read as a native file's, tell the same real-time order as the
  /// lines do.
  var timesAgreeWithLines: Bool {
    var latest = Int64.min
    var latestCompletion = Int64.min
    for record in RecordOrder(self, byPlace: false).records {
      switch record {
      case .invocation(let index):
        let time = operations[index].invocationTime
        guard time != .min, time >= latest, time > latestCompletion || latestCompletion == .min
        else { return false }
        latest = time
      case .completion(let index):
        let time = operations[index].completionTime
        // An indeterminate operation may end at any time after its beginning.
        let isOpen = operations[index].outcome == .info
        guard time != .min, time >= (isOpen ? operations[index].invocationTime : latest) else {
          return false
        }
        if isOpen { continue }
        (latest, latestCompletion) = (time, time)
      case .annotation: continue
      }
    }
    let limits = -(1 << 60)...Int64(1 << 60)
    return operations.allSatisfy { operation in
      limits.contains(operation.invocationTime)
        && (operation.completionLine == 0 || limits.contains(operation.completionTime))
    }
  }
}
