import Jute
import LinnaeusBase

/// The watches that a client has set and that have not fired, to be set again on another server.
///
/// A watch counts once its request is answered; a one-shot one counts no more once it fired
/// (zookeeper-protocol.md, section 4).
struct WatchRegistry: Sendable {
  private var data = PathSet()
  private var exist = PathSet()
  private var children = PathSet()
  private var persistent = PathSet()
  private var recursive = PathSet()

  var isEmpty: Bool {
    data.paths.isEmpty && exist.paths.isEmpty && children.paths.isEmpty
      && persistent.paths.isEmpty && recursive.paths.isEmpty
  }

  /// Takes note of a request that was answered.
  mutating func note(_ request: SessionRequest, answered error: ErrorCode) {
    switch request {
    case .getData(let path, true) where error == .ok: data.insert(path)
    case .exists(let path, true) where error == .ok: data.insert(path)
    case .exists(let path, true) where error == .noNode: exist.insert(path)
    case .getChildren(let path, true, _) where error == .ok: children.insert(path)
    case .addWatch(let path, false) where error == .ok: persistent.insert(path)
    case .addWatch(let path, true) where error == .ok: recursive.insert(path)
    case .removeWatches(let path, let kind) where error == .ok: remove(kind, path)
    default: break
    }
  }

  private mutating func remove(_ kind: WatchKind, _ path: [UInt8]) {
    if kind != .children {
      data.remove(path)
      exist.remove(path)
    }
    if kind != .data { children.remove(path) }
    if kind == .any {
      persistent.remove(path)
      recursive.remove(path)
    }
  }

  /// Forgets the one-shot watches that an event used up.
  mutating func fire(_ event: WatcherEvent) {
    switch WatchEventKind(rawValue: event.kind) {
    case .created, .dataChanged:
      data.remove(event.path)
      exist.remove(event.path)
    case .deleted:
      data.remove(event.path)
      exist.remove(event.path)
      children.remove(event.path)
    case .childrenChanged: children.remove(event.path)
    case nil: break
    }
  }

  /// All watches, as lists that are each short enough for a message: `setWatches`, or
  /// `setWatches2` if there are any that stay.
  func lists(relativeZxid: Zxid, limit: Int = 128 << 10) -> [WatchList] {
    let needsPersistent = !persistent.paths.isEmpty || !recursive.paths.isEmpty
    func empty() -> WatchList {
      WatchList(
        relativeZxid: relativeZxid,
        persistent: needsPersistent ? WatchList.Persistent(plain: [], recursive: []) : nil)
    }
    var lists: [WatchList] = []
    var list = empty()
    var size = 0
    func add(_ paths: [[UInt8]], _ append: (inout WatchList, [UInt8]) -> Void) {
      for path in paths {
        if size > 0, size + path.count + 4 > limit {
          lists.append(list)
          (list, size) = (empty(), 0)
        }
        append(&list, path)
        size += path.count + 4
      }
    }
    add(data.paths) { $0.data.append($1) }
    add(exist.paths) { $0.exist.append($1) }
    add(children.paths) { $0.children.append($1) }
    add(persistent.paths) { $0.persistent?.plain.append($1) }
    add(recursive.paths) { $0.persistent?.recursive.append($1) }
    if size > 0 { lists.append(list) }
    return lists
  }
}

/// Paths in their order, so that what is sent does not depend on hashes.
private struct PathSet: Sendable {
  private(set) var paths: [[UInt8]] = []

  /// The place of a path, or where it would be; O(log n).
  private func place(of path: [UInt8]) -> Int {
    var (low, high) = (0, paths.count)
    while low < high {
      let middle = (low + high) / 2
      if paths[middle].lexicographicallyPrecedes(path) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  mutating func insert(_ path: [UInt8]) {
    let place = place(of: path)
    if place == paths.count || paths[place] != path { paths.insert(path, at: place) }
  }

  mutating func remove(_ path: [UInt8]) {
    guard !paths.isEmpty else { return }
    let place = place(of: path)
    if place < paths.count, paths[place] == path { paths.remove(at: place) }
  }
}
