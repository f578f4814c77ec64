import Jute
import LinnaeusBase

/// An event for one watcher.
public struct WatchNotification: Hashable, Sendable {
  /// Whose watch it is: the slot of a connection.
  public var watcher: Int32
  /// What happened.
  public var kind: WatchEventKind
  /// To which znode.
  public var path: [UInt8]
  /// The change's zxid; −1 for what happened while the client was away.
  public var zxid: Zxid
  /// The list by which the watcher must be allowed to read, as it was; nil if nothing is asked.
  ///
  /// It is valid until the next transaction is applied.
  public var acl: ACLIndex?
}

/// The watches of a server: of data and existence, and of children.
struct Watches: Sendable {
  var data = WatchTable()
  var children = WatchTable()
  /// For each watcher, the last event that it was told of, so that it hears of it once.
  private var told: [UInt64] = []
  private var eventNumber: UInt64 = 0

  mutating func removeAll(of watcher: Int32) {
    data.removeAll(of: watcher)
    children.removeAll(of: watcher)
  }

  /// Notifies of a change to the znode itself; deletion is told to those who watch its children
  /// too, unless they have just been told.
  mutating func changed(
    _ kind: WatchEventKind, _ path: [UInt8], zxid: Zxid, acl: ACLIndex,
    events: inout [WatchNotification]
  ) {
    eventNumber += 1
    if data.count > 0 {
      path.withBorrowedBytes { bytes in
        data.trigger(bytes) {
          Self.tell($0, eventNumber, &told) {
            events.append(
              WatchNotification(watcher: $0, kind: kind, path: path, zxid: zxid, acl: acl))
          }
        }
        guard data.recursiveCount > 0 else { return }
        forEachAncestor(of: bytes) { ancestor in
          data.recursiveWatchers(of: ancestor) {
            Self.tell($0, eventNumber, &told) {
              events.append(
                WatchNotification(watcher: $0, kind: kind, path: path, zxid: zxid, acl: acl))
            }
          }
        }
      }
    }
    guard kind == .deleted, children.count > 0 else { return }
    path.withBorrowedBytes { bytes in
      children.trigger(bytes, modes: [.standard, .persistent]) {
        Self.tell($0, eventNumber, &told) {
          events.append(
            WatchNotification(watcher: $0, kind: kind, path: path, zxid: zxid, acl: acl))
        }
      }
    }
  }

  /// Notifies of a child that came or went.
  mutating func childrenChanged(
    _ path: [UInt8], zxid: Zxid, acl: ACLIndex, events: inout [WatchNotification]
  ) {
    guard children.count > 0 else { return }
    path.withBorrowedBytes { bytes in
      children.trigger(bytes, modes: [.standard, .persistent]) {
        events.append(
          WatchNotification(
            watcher: $0, kind: .childrenChanged, path: path, zxid: zxid, acl: acl))
      }
    }
  }

  private static func tell(
    _ watcher: Int32, _ event: UInt64, _ told: inout [UInt64], _ body: (Int32) -> Void
  ) {
    while told.count <= Int(watcher) { told.append(0) }
    guard told[Int(watcher)] != event else { return }
    told[Int(watcher)] = event
    body(watcher)
  }

  /// `/a/b`, `/a` and `/` for `/a/b/c`.
  private func forEachAncestor(of path: BorrowedBytes, _ body: (BorrowedBytes) -> Void) {
    var rest = path
    while rest.count > 1, let slash = rest.lastSlash {
      rest = rest[0..<max(slash, 1)]
      body(rest)
    }
  }
}
