import OperationHistory

/// What the answer of a part of a read depends on: one chain of changes, and perhaps the children.
struct ReadDependence {
  let main: ChangeChain
  let seesChildren: Bool

  init(_ kind: OperationKind, error: ReplyError, stat: RecordedStat) {
    guard error == .none else {
      (main, seesChildren) = (.existence, false)
      return
    }
    let seesData = stat.mzxid != RecordedStat.unknown || stat.version != RecordedStat.unknownCount
    let seesAccess = stat.aversion != RecordedStat.unknownCount || kind == .getACL
    seesChildren = stat.seesChildren || kind == .getChildren
    main =
      switch (seesAccess, seesData) {
      case (true, true): .everything
      case (true, false): kind == .getData ? .everything : .access
      case (false, true): .data
      case (false, false): kind == .getData ? .value : .existence
      }
  }

  /// The chains that the reads of a history need.
  static func chains(of columns: ZooKeeperHistory) -> ChangeChains {
    var chains: ChangeChains = []
    for part in columns.partKinds.indices where columns.partKinds[part].isRead {
      let dependence = ReadDependence(
        columns.partKinds[part], error: columns.partErrors[part], stat: columns.stat(of: part))
      chains.insert(ChangeChains(dependence.main))
      if dependence.seesChildren { chains.insert(.children) }
      if chains == .all { break }
    }
    return chains
  }
}
