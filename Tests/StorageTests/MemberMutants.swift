import LinnaeusBase

@testable import Storage

/// What can be left out or done too early where files are replaced; each must be noticed.
enum MemberMutant: CaseIterable {
  /// Files are cut and removed though the mark may be lost.
  case markIsNotSynced
  /// The mark goes though newer logs and snapshots may come back.
  case removalIsNotSynced
  /// The mark goes though the cut may be lost.
  case cutIsNotSynced
  /// The mark stays.
  case markStays
  /// The old files go though the new snapshot's name may be lost.
  case incomingNameIsNotSynced
  /// The leader's snapshot has its usual name before the old files go.
  case incomingIsNamedAtOnce
  /// The leader's snapshot has its usual name though the old logs may come back.
  case oldLogsMayComeBack
  /// An epoch is promised though its name may be lost.
  case epochNameIsNotSynced
  /// An epoch gets its name before it is durable.
  case epochIsNotSynced
  /// A snapshot is in force though its replies may be lost.
  case repliesNameIsNotSynced
  /// A snapshot is in force though its replies are not durable.
  case repliesAreNotSynced

  /// What is done in place of an operation.
  func change(_ operation: DiskOperation) -> DiskOperation {
    guard self == .incomingIsNamedAtOnce, case .rename(let from, let to) = operation,
      let zxid = to.incomingSnapshotZxid
    else { return operation }
    return .rename(from, to: .snapshot(zxid))
  }

  /// Whether an operation is not executed.
  func leavesOut(
    _ operation: DiskOperation, after previous: DiskOperation?, files: [FileNumber: StoredFile]
  ) -> Bool {
    let isDirectory = if case .syncDirectory = operation { true } else { false }
    let synced =
      if case .sync(let number, _) = operation { files[number] } else { StoredFile?.none }
    let renamed = if case .rename(_, let to) = previous { to } else { StoredFile?.none }
    switch self {
    case .markIsNotSynced:
      guard isDirectory, case .close(let number) = previous else { return false }
      return files[number]?.truncationZxid != nil
    case .removalIsNotSynced:
      // The directories of the stage that removes and cuts.
      return isDirectory && renamed == nil && !isMark(previous, files)
    case .cutIsNotSynced: return synced?.logZxid != nil && isCut(previous)
    case .markStays:
      if case .erase(let file) = operation { return file.truncationZxid != nil }
      return false
    case .incomingNameIsNotSynced: return isDirectory && renamed?.incomingSnapshotZxid != nil
    case .incomingIsNamedAtOnce:
      if case .rename(let from, _) = operation { return from.incomingSnapshotZxid != nil }
      return false
    case .oldLogsMayComeBack:
      if case .erase(let file) = operation { return file.logZxid != nil }
      return false
    case .epochNameIsNotSynced:
      return isDirectory && renamed.flatMap { EpochFileName(rawValue: $0.name) } != nil
    case .epochIsNotSynced: return synced?.name.hasSuffix("Epoch") == true
    case .repliesNameIsNotSynced: return isDirectory && renamed?.repliesZxid != nil
    case .repliesAreNotSynced: return synced?.name.hasPrefix("unfinished.replies") == true
    }
  }

  private func isCut(_ operation: DiskOperation?) -> Bool {
    if case .truncate = operation { true } else { false }
  }

  private func isMark(_ operation: DiskOperation?, _ files: [FileNumber: StoredFile]) -> Bool {
    switch operation {
    case .close(let number): files[number]?.truncationZxid != nil
    case .erase(let file): file.truncationZxid != nil
    case .sync(let number, _): files[number]?.directory == .log
    default: false
    }
  }
}
