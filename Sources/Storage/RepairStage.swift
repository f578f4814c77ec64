import LinnaeusBase

/// What may be done to the files at once: it is all durable before the next stage begins.
///
/// A crash before that leaves any part of it done.
struct RepairStage: Sendable {
  var removed: [StoredFile] = []
  /// Files that are made durable, cut there if there is an end.
  var synced: [(file: StoredFile, end: Int?)] = []
  /// An empty file.
  var created: StoredFile?
  var renamed: (from: StoredFile, to: StoredFile)?
  var directories: [StoredFile.Directory]
  /// The snapshot that is all there is once the stage is done.
  var installed: Zxid?
}

extension RecoveredState {
  /// How what recovery read becomes durable, and what it left out disappears for good.
  ///
  /// A truncation removes and cuts several files, which no disk does at once. A mark makes it one
  /// step: before the mark is durable, the old state is recovered, and after that the new one. What
  /// the new one consists of must be durable before the mark, and the mark be gone before anything
  /// is appended.
  var repairs: [RepairStage] {
    guard !isNew else { return [] }
    let discard = RepairStage(
      removed: leftovers, synced: openEnds.map { ($0.file, $0.end) },
      directories: [.log, .snapshot])
    if isIncoming, let snapshot { return [discard, .install(snapshot)] }
    guard isTruncated || !truncations.isEmpty else { return [discard] }
    var stages: [RepairStage] = []
    var marks = truncations
    if marks.first.map({ $0 > lastZxid }) ?? true {
      marks.append(lastZxid)
      stages.append(
        RepairStage(synced: openEnds.map { ($0.file, nil) }, directories: [.log, .snapshot]))
      stages.append(RepairStage(created: .truncation(lastZxid), directories: [.snapshot]))
    }
    stages.append(discard)
    stages.append(
      RepairStage(removed: marks.map { .truncation($0) }, directories: [.snapshot]))
    return stages
  }
}

extension RepairStage {
  /// A snapshot from the leader is all there is: it gets its usual name.
  static func install(_ zxid: Zxid) -> RepairStage {
    RepairStage(
      renamed: (.incomingSnapshot(zxid), .snapshot(zxid)), directories: [.snapshot],
      installed: zxid)
  }
}

extension DurableStorage {
  /// Begins a stage.
  mutating func begin(
    _ stage: RepairStage, into operations: inout [DiskOperation]
  ) -> Flight {
    var tickets: [Ticket] = []
    for file in stage.removed { operations.append(.erase(file)) }
    for (file, end) in stage.synced {
      let number = issueNumber()
      operations.append(.open(file, number))
      if let end { operations.append(.truncate(number, to: end)) }
      tickets.append(issueTicket())
      operations.append(.sync(number, tickets[tickets.count - 1]))
      operations.append(.close(number))
    }
    if let file = stage.created {
      let number = issueNumber()
      operations.append(.create(file, number))
      operations.append(.close(number))
    }
    if let (from, to) = stage.renamed { operations.append(.rename(from, to: to)) }
    for directory in stage.directories {
      tickets.append(issueTicket())
      operations.append(.syncDirectory(directory, tickets[tickets.count - 1]))
    }
    return Flight(tickets: tickets, installed: stage.installed)
  }
}
