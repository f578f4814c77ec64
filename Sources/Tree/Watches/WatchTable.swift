import LinnaeusBase

/// Which kinds of watch somebody has set on a path.
struct WatchModes: OptionSet, Hashable, Sendable {
  var rawValue: UInt8
  /// Until it is told of something.
  static let standard = WatchModes(rawValue: 1)
  /// Until it is removed.
  static let persistent = WatchModes(rawValue: 2)
  /// Until it is removed, and for everything below as well.
  static let recursive = WatchModes(rawValue: 4)
}

/// Watches by path and by watcher: one of the two tables of a server (zookeeper-protocol.md,
/// section 4).
///
/// A watcher has one entry for a path, with the kinds of its watches there.
struct WatchTable: Sendable {
  private struct Watch: Sendable {
    var watcher: Int32
    var path: Int32
    var modes: WatchModes
    var nextOfPath: Int32 = noSlot
    var previousOfPath: Int32 = noSlot
    var nextOfWatcher: Int32 = noSlot
    var previousOfWatcher: Int32 = noSlot
  }
  private struct Ends: Sendable {
    var first = noSlot
    var last = noSlot
  }
  private var paths = PathTable()
  private var ofPath: [Ends] = []
  private var ofWatcher: [Ends] = []
  private var watches: [Watch] = []
  private var free: [Int32] = []
  /// By path and watcher; looked up, never walked.
  private var slots: [UInt64: Int32] = [:]
  private(set) var recursiveCount = 0
  private(set) var watcherCount = 0

  /// How many watches there are, those of one watcher on one path counted once.
  var count: Int { slots.count }
  var pathCount: Int { paths.count }

  /// Sets a watch.
  mutating func add(_ path: BorrowedBytes, watcher: Int32, modes: WatchModes) {
    precondition(watcher >= 0, "watchers are numbered from 0")
    let place = paths.insert(path)
    let key = key(place, watcher)
    if modes.contains(.recursive) {
      let isNew = slots[key].map { !watches[Int($0)].modes.contains(.recursive) } ?? true
      if isNew { recursiveCount += 1 }
    }
    if let slot = slots[key] {
      watches[Int(slot)].modes.formUnion(modes)
      return
    }
    let watch = Watch(watcher: watcher, path: place, modes: modes)
    let slot: Int32
    if let reused = free.popLast() {
      slot = reused
      watches[Int(slot)] = watch
    } else {
      slot = Int32(watches.count)
      watches.append(watch)
    }
    slots[key] = slot
    link(slot)
  }

  /// Whether the watcher has any of these kinds of watch on the path.
  func contains(_ path: BorrowedBytes, watcher: Int32, modes: WatchModes) -> Bool {
    let place = paths.slot(of: path)
    guard place != noSlot, let slot = slots[key(place, watcher)] else { return false }
    return !watches[Int(slot)].modes.isDisjoint(with: modes)
  }

  /// Removes these kinds of watch; tells whether there were any.
  mutating func remove(_ path: BorrowedBytes, watcher: Int32, modes: WatchModes) -> Bool {
    let place = paths.slot(of: path)
    guard place != noSlot, let slot = slots[key(place, watcher)] else { return false }
    guard !watches[Int(slot)].modes.isDisjoint(with: modes) else { return false }
    reduce(slot, by: modes)
    return true
  }

  /// Removes whatever the watcher has.
  mutating func removeAll(of watcher: Int32) {
    guard watcher >= 0, Int(watcher) < ofWatcher.count else { return }
    while ofWatcher[Int(watcher)].first != noSlot {
      reduce(ofWatcher[Int(watcher)].first, by: [.standard, .persistent, .recursive])
    }
  }

  /// Tells `body` of everyone who watches `path` itself with one of these kinds of watch, in the
  /// order in which they began, and ends the standard watches among them.
  mutating func trigger(
    _ path: BorrowedBytes, modes: WatchModes = [.standard, .persistent, .recursive],
    _ body: (Int32) -> Void
  ) {
    let place = paths.slot(of: path)
    guard place != noSlot else { return }
    var slot = ofPath[Int(place)].first
    while slot != noSlot {
      let watch = watches[Int(slot)]
      if !watch.modes.isDisjoint(with: modes) { body(watch.watcher) }
      if watch.modes.contains(.standard) { reduce(slot, by: .standard) }
      slot = watch.nextOfPath
    }
  }

  /// Tells `body` of everyone who watches `path` and all below it.
  func recursiveWatchers(of path: BorrowedBytes, _ body: (Int32) -> Void) {
    let place = paths.slot(of: path)
    guard place != noSlot else { return }
    var slot = ofPath[Int(place)].first
    while slot != noSlot {
      let watch = watches[Int(slot)]
      if watch.modes.contains(.recursive) { body(watch.watcher) }
      slot = watch.nextOfPath
    }
  }

  /// Every path that is watched, and by whom.
  var byPath: [(path: [UInt8], watchers: [Int32])] {
    var result: [(path: [UInt8], watchers: [Int32])] = []
    for (place, ends) in ofPath.enumerated() where ends.first != noSlot {
      var watchers: [Int32] = []
      var slot = ends.first
      while slot != noSlot {
        watchers.append(watches[Int(slot)].watcher)
        slot = watches[Int(slot)].nextOfPath
      }
      result.append((paths[Int32(place)], watchers))
    }
    return result
  }

  /// Everyone who watches, and which paths.
  var byWatcher: [(watcher: Int32, paths: [[UInt8]])] {
    var result: [(watcher: Int32, paths: [[UInt8]])] = []
    for (watcher, ends) in ofWatcher.enumerated() where ends.first != noSlot {
      var watched: [[UInt8]] = []
      var slot = ends.first
      while slot != noSlot {
        watched.append(paths[watches[Int(slot)].path])
        slot = watches[Int(slot)].nextOfWatcher
      }
      result.append((Int32(watcher), watched))
    }
    return result
  }

  private func key(_ path: Int32, _ watcher: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: path)) << 32 | UInt64(UInt32(bitPattern: watcher))
  }

  private mutating func reduce(_ slot: Int32, by modes: WatchModes) {
    let watch = watches[Int(slot)]
    if !watch.modes.isDisjoint(with: modes.intersection(.recursive)) { recursiveCount -= 1 }
    watches[Int(slot)].modes.subtract(modes)
    guard watches[Int(slot)].modes.isEmpty else { return }
    slots.removeValue(forKey: key(watch.path, watch.watcher))
    unlink(slot)
    free.append(slot)
  }

  private mutating func link(_ slot: Int32) {
    let (path, watcher) = (Int(watches[Int(slot)].path), Int(watches[Int(slot)].watcher))
    while ofPath.count <= path { ofPath.append(Ends()) }
    while ofWatcher.count <= watcher { ofWatcher.append(Ends()) }
    let lastOfPath = ofPath[path].last
    watches[Int(slot)].previousOfPath = lastOfPath
    if lastOfPath == noSlot {
      ofPath[path].first = slot
    } else {
      watches[Int(lastOfPath)].nextOfPath = slot
    }
    ofPath[path].last = slot
    let lastOfWatcher = ofWatcher[watcher].last
    watches[Int(slot)].previousOfWatcher = lastOfWatcher
    if lastOfWatcher == noSlot {
      ofWatcher[watcher].first = slot
      watcherCount += 1
    } else {
      watches[Int(lastOfWatcher)].nextOfWatcher = slot
    }
    ofWatcher[watcher].last = slot
  }

  private mutating func unlink(_ slot: Int32) {
    let watch = watches[Int(slot)]
    let (path, watcher) = (Int(watch.path), Int(watch.watcher))
    if watch.previousOfPath == noSlot {
      ofPath[path].first = watch.nextOfPath
    } else {
      watches[Int(watch.previousOfPath)].nextOfPath = watch.nextOfPath
    }
    if watch.nextOfPath == noSlot {
      ofPath[path].last = watch.previousOfPath
    } else {
      watches[Int(watch.nextOfPath)].previousOfPath = watch.previousOfPath
    }
    if watch.previousOfWatcher == noSlot {
      ofWatcher[watcher].first = watch.nextOfWatcher
    } else {
      watches[Int(watch.previousOfWatcher)].nextOfWatcher = watch.nextOfWatcher
    }
    if watch.nextOfWatcher == noSlot {
      ofWatcher[watcher].last = watch.previousOfWatcher
    } else {
      watches[Int(watch.nextOfWatcher)].previousOfWatcher = watch.previousOfWatcher
    }
    if ofWatcher[watcher].first == noSlot { watcherCount -= 1 }
    if ofPath[path].first == noSlot { paths.remove(watch.path) }
  }
}
