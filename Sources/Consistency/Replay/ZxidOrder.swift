import OperationHistory

/// The requests that have a zxid, in the order in which they are done.
struct ZxidOrder {
  /// Writes by zxid; reads behind the write of their zxid.
  private(set) var requests: [Int32] = []
  /// Writes that share a zxid with another (P1); only the first of them is done.
  private(set) var shared: [Finding] = []

  init(_ columns: ZooKeeperHistory, zxids: [Int64]) {
    var keys: [(zxid: Int64, rank: Int32, request: Int32)] = []
    for request in columns.kinds.indices where zxids[request] != RecordedStat.unknown {
      let kind = columns.kinds[request]
      let isOK = columns.history.operations[request].outcome == .ok
      guard kind.isWrite || (kind.isRead && isOK) else { continue }
      keys.append((zxids[request], kind.isWrite ? 0 : 1, Int32(request)))
    }
    keys.sort { ($0.zxid, $0.rank, $0.request) < ($1.zxid, $1.rank, $1.request) }
    requests.reserveCapacity(keys.count)
    var lastWrite = (zxid: RecordedStat.unknown, request: Int32(-1))
    for key in keys {
      if key.rank == 0 {
        if key.zxid == lastWrite.zxid {
          shared.append(
            Finding(
              .uniqueWrites, .sharedZxid, key.request, other: lastWrite.request, zxid: key.zxid))
          continue
        }
        lastWrite = (key.zxid, key.request)
      }
      requests.append(key.request)
    }
  }
}
