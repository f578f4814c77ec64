import Jute
import LinnaeusBase

/// The requests about watches (zookeeper-protocol.md, section 4).
extension ZnodeTree {
  /// What `checkWatches` and `removeWatches` ask for: which kinds in which of the two tables.
  ///
  /// As in 3.8, whose tables do not tell kinds apart, and both hold the recursive ones; 3.9 knows two
  /// more numbers.
  private static func watchesAsked(_ number: Int32) -> (data: WatchModes, children: WatchModes)? {
    let all: WatchModes = [.standard, .persistent, .recursive]
    return switch number {
    case 1: ([], all)
    case 2: (all, [])
    case 3: (all, all)
    default: nil
    }
  }

  func checkWatches(_ request: PathNumberRequest, _ watcher: Int32) -> ErrorCode {
    guard let asked = Self.watchesAsked(request.number) else { return .marshallingError }
    let isWatched =
      watches.data.contains(request.path, watcher: watcher, modes: asked.data)
      || watches.children.contains(request.path, watcher: watcher, modes: asked.children)
    return isWatched ? .ok : .noWatcher
  }

  mutating func removeWatches(_ request: PathNumberRequest, _ watcher: Int32) -> ErrorCode {
    guard let asked = Self.watchesAsked(request.number) else { return .marshallingError }
    let hadChildren = watches.children.remove(
      request.path, watcher: watcher, modes: asked.children)
    let hadData = watches.data.remove(request.path, watcher: watcher, modes: asked.data)
    return hadData || hadChildren ? .ok : .noWatcher
  }

  /// Sets a persistent watch, in both tables; a recursive one never hears of children, but can be
  /// asked for and removed there, too.
  mutating func addWatch(
    _ request: PathNumberRequest, _ watcher: Int32, into response: inout ByteWriter
  ) -> ErrorCode {
    switch request.number {
    case 0:
      watches.data.add(request.path, watcher: watcher, modes: .persistent)
      watches.children.add(request.path, watcher: watcher, modes: .persistent)
    case 1:
      watches.data.add(request.path, watcher: watcher, modes: .recursive)
      watches.children.add(request.path, watcher: watcher, modes: .recursive)
    default: return .marshallingError
    }
    response.int32(0)
    return .ok
  }

  /// Sets the watches of a client that has come back; of what has happened meanwhile it is told at
  /// once.
  mutating func setWatches(
    _ request: SetWatchesRequest, _ watcher: Int32, events: inout [WatchNotification]
  ) {
    func tell(_ kind: WatchEventKind, _ path: [UInt8], _ slot: Int32) {
      events.append(
        WatchNotification(
          watcher: watcher, kind: kind, path: path, zxid: Zxid(rawValue: -1),
          acl: slot == noSlot ? nil : nodes[slot].acl))
    }
    for path in request.data {
      let slot = nodes.slot(of: path)
      if slot == noSlot {
        tell(.deleted, path, slot)
      } else if nodes[slot].mzxid > request.relativeZxid {
        tell(.dataChanged, path, slot)
      } else {
        path.withBorrowedBytes { watches.data.add($0, watcher: watcher, modes: .standard) }
      }
    }
    for path in request.exist {
      let slot = nodes.slot(of: path)
      if slot == noSlot {
        path.withBorrowedBytes { watches.data.add($0, watcher: watcher, modes: .standard) }
      } else {
        tell(.created, path, slot)
      }
    }
    for path in request.children {
      let slot = nodes.slot(of: path)
      if slot == noSlot {
        tell(.deleted, path, slot)
      } else if nodes[slot].pzxid > request.relativeZxid {
        tell(.childrenChanged, path, slot)
      } else {
        path.withBorrowedBytes { watches.children.add($0, watcher: watcher, modes: .standard) }
      }
    }
    for path in request.persistent {
      path.withBorrowedBytes { bytes in
        watches.children.add(bytes, watcher: watcher, modes: .persistent)
        watches.data.add(bytes, watcher: watcher, modes: .persistent)
      }
    }
    for path in request.recursive {
      path.withBorrowedBytes { bytes in
        watches.data.add(bytes, watcher: watcher, modes: .recursive)
        watches.children.add(bytes, watcher: watcher, modes: .recursive)
      }
    }
  }
}
