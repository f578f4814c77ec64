import Jute
import LinnaeusBase

/// Who asks: a session on a connection of this server, and who it has authenticated as.
public struct Requester: Sendable {
  /// The session.
  public var session: Int64
  /// The slot of the connection, by which watches are told apart.
  public var watcher: Int32
  /// Who it is.
  public var identities: [Identity]

  /// Takes all three.
  public init(session: Int64, watcher: Int32, identities: [Identity]) {
    self.session = session
    self.watcher = watcher
    self.identities = identities
  }
}

/// The requests that change no znode (zookeeper-protocol.md, sections 2.3 to 2.7).
extension ZnodeTree {
  /// Answers a request that changes no znode, and sets or removes the watches that it asks for.
  ///
  /// - Parameters:
  ///   - opcode: What is asked for; `.unimplemented` is the answer to what is not a read.
  ///   - body: The request after its header.
  ///   - requester: Who asks.
  ///   - events: Where to append the events that `setWatches` makes due, before the reply.
  ///   - response: Where to append the body of the response.
  /// - Returns: The error for the reply's header; unless it is `.ok`, nothing was appended, save for
  ///   a multiRead, whose body is sent even so.
  /// - Throws: An error where the request's bytes are no such request: the answer is
  ///   `.marshallingError`, and nothing was appended or watched.
  public mutating func read(
    _ opcode: Opcode, _ body: inout ByteReader, for requester: Requester,
    events: inout [WatchNotification], into response: inout ByteWriter
  ) throws(ByteReaderError) -> ErrorCode {
    switch opcode {
    case .getData:
      let request = try PathWatchRequest(from: &body)
      return getData(request, requester, into: &response)
    case .exists: return exists(try PathWatchRequest(from: &body), requester, into: &response)
    case .getChildren, .getChildren2:
      let request = try PathWatchRequest(from: &body)
      return getChildren(
        request, requester, withStat: opcode == .getChildren2, into: &response)
    case .getACL: return getACL(try PathRequest(from: &body).path, requester, into: &response)
    case .getAllChildrenNumber:
      return countDescendants(try PathRequest(from: &body).path, requester, into: &response)
    case .getEphemerals:
      getEphemerals(try PathRequest(from: &body).path, requester.session, into: &response)
      return .ok
    case .multiRead: return try multiRead(&body, requester, into: &response)
    case .checkWatches:
      return checkWatches(try PathNumberRequest(from: &body), requester.watcher)
    case .removeWatches:
      return removeWatches(try PathNumberRequest(from: &body), requester.watcher)
    case .addWatch:
      let request = try PathNumberRequest(from: &body)
      return addWatch(request, requester.watcher, into: &response)
    case .setWatches, .setWatches2:
      let request = try SetWatchesRequest(from: &body, hasPersistent: opcode == .setWatches2)
      setWatches(request, requester.watcher, events: &events)
      return .ok
    default: return .unimplemented
    }
  }

  private mutating func getData(
    _ request: PathWatchRequest, _ requester: borrowing Requester, into response: inout ByteWriter
  ) -> ErrorCode {
    let slot = nodes.slot(of: request.path)
    guard slot != noSlot else { return .noNode }
    guard isReadable(slot, requester.identities) else { return .noAuth }
    if request.watch {
      watches.data.add(request.path, watcher: requester.watcher, modes: .standard)
    }
    response.buffer(nodes[slot].data)
    stat(of: slot).write(to: &response)
    return .ok
  }

  /// A znode that does not exist can be waited for; nothing else that fails sets a watch.
  private mutating func exists(
    _ request: PathWatchRequest, _ requester: borrowing Requester, into response: inout ByteWriter
  ) -> ErrorCode {
    guard !request.path.buffer.contains(0) else { return .badArguments }
    let slot = nodes.slot(of: request.path)
    if slot != noSlot, !isReadable(slot, requester.identities) { return .noAuth }
    if request.watch {
      watches.data.add(request.path, watcher: requester.watcher, modes: .standard)
    }
    guard slot != noSlot else { return .noNode }
    stat(of: slot).write(to: &response)
    return .ok
  }

  private mutating func getChildren(
    _ request: PathWatchRequest, _ requester: borrowing Requester, withStat: Bool,
    into response: inout ByteWriter
  ) -> ErrorCode {
    let slot = nodes.slot(of: request.path)
    guard slot != noSlot else { return .noNode }
    guard isReadable(slot, requester.identities) else { return .noAuth }
    if request.watch {
      watches.children.add(request.path, watcher: requester.watcher, modes: .standard)
    }
    writeChildren(of: slot, into: &response)
    if withStat { stat(of: slot).write(to: &response) }
    return .ok
  }

  private func writeChildren(of slot: Int32, into response: inout ByteWriter) {
    response.int32(nodes[slot].childCount)
    let prefix = nodes[slot].path.count + 1
    var child = nodes[slot].firstChild
    while child != noSlot {
      response.string(nodes[child].path[prefix...])
      child = nodes.sibling(after: child)
    }
  }

  private func getACL(
    _ path: BorrowedBytes, _ requester: borrowing Requester, into response: inout ByteWriter
  ) -> ErrorCode {
    let slot = nodes.slot(of: path)
    guard slot != noSlot else { return .noNode }
    let list = acls[nodes[slot].acl]
    guard list.allows([.read, .admin], identities: requester.identities) else { return .noAuth }
    if list.allows(.admin, identities: requester.identities) {
      response.append(list.bytes)
    } else {
      // Who may not change the list does not see the hashes of passwords.
      response.int32(Int32(list.entries.count))
      for var entry in list.entries {
        if entry.identity.scheme == Scheme.digest,
          let colon = entry.identity.id.firstIndex(of: UInt8(ascii: ":"))
        {
          entry.identity.id = entry.identity.id[...colon] + [UInt8(ascii: "x")]
        }
        entry.write(to: &response)
      }
    }
    stat(of: slot).write(to: &response)
    return .ok
  }

  /// - Complexity: O(n) in the number of descendants, save for the root.
  private func countDescendants(
    _ path: BorrowedBytes, _ requester: borrowing Requester, into response: inout ByteWriter
  ) -> ErrorCode {
    let top = nodes.slot(of: path)
    guard top != noSlot else { return .noNode }
    guard isReadable(top, requester.identities) else { return .noAuth }
    // To Apache "/" is one more znode below "".
    var count = top == ZnodeStore.root ? nodes.count - (path.isEmpty ? 0 : 1) : 0
    if top != ZnodeStore.root {
      var slot = nodes.descendant(after: top, under: top)
      while slot != noSlot {
        count += 1
        slot = nodes.descendant(after: slot, under: top)
      }
    }
    response.int32(Int32(truncatingIfNeeded: count))
    return .ok
  }

  private func getEphemerals(
    _ prefix: BorrowedBytes, _ session: Int64, into response: inout ByteWriter
  ) {
    let blanks: [UInt8] = [0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x1F]
    let words = prefix.buffer.filter { !blanks.contains($0) }
    let isEverything = words.isEmpty || words == [UInt8(ascii: "/")]
    let count = response.count
    response.int32(0)
    var found: Int32 = 0
    var slot = ephemerals.first(of: session)
    while slot != noSlot {
      if isEverything || nodes[slot].path.withBorrowedBytes({ $0.starts(with: prefix) }) {
        response.string(nodes[slot].path)
        found += 1
      }
      slot = ephemerals.next(after: slot)
    }
    response.replaceInt32(at: count, with: found)
  }

  /// No client takes a response that is longer; a request could ask for thousands of times its own
  /// length.
  private static let longestMultiRead = 64 << 20

  /// Several reads at once, each with an error of its own; none of them sets a watch.
  private mutating func multiRead(
    _ body: inout ByteReader, _ requester: borrowing Requester, into response: inout ByteWriter
  ) throws(ByteReaderError) -> ErrorCode {
    var requests: [(opcode: Opcode, request: PathWatchRequest)] = []
    var header = try MultiHeader(from: &body)
    while !header.isDone {
      guard header.opcode == .getData || header.opcode == .getChildren else {
        guard requests.isEmpty else {
          throw body.error("\(header.opcode) within a multiRead")
        }
        // Nothing but writes: the one error with a body, which holds nothing (seen on 3.8.0).
        try Preparation.skipParts(from: header, &body)
        MultiHeader.end.write(to: &response)
        return .marshallingError
      }
      var request = try PathWatchRequest(from: &body)
      request.watch = false
      requests.append((header.opcode, request))
      header = try MultiHeader(from: &body)
    }
    let beginning = response.count
    for (opcode, request) in requests {
      let start = response.count
      if start - beginning > Self.longestMultiRead {
        response.bytes.removeLast(start - beginning)
        MultiHeader.end.write(to: &response)
        return .marshallingError
      }
      MultiHeader(opcode: opcode, error: 0).write(to: &response)
      let error =
        opcode == .getData
        ? getData(request, requester, into: &response)
        : getChildren(request, requester, withStat: false, into: &response)
      guard error != .ok else { continue }
      response.bytes.removeLast(response.count - start)
      AppliedTransaction.writeError(error, to: &response)
    }
    MultiHeader.end.write(to: &response)
    return .ok
  }

  @inline(__always)
  private func isReadable(_ slot: Int32, _ identities: [Identity]) -> Bool {
    acls[nodes[slot].acl].allows(.read, identities: identities)
  }
}
