import LinnaeusBase

/// The servers of an ensemble in the order in which a client tries them.
///
/// The order follows from a seed, so that the clients of an ensemble spread over it and a simulated
/// run can be repeated.
public struct ServerList: Sendable {
  private(set) var servers: [ServerID]
  private var next = 0
  /// How many were tried since one last granted a session.
  private(set) var tries = 0

  /// Shuffles servers, of which there must be one at least.
  public init(_ servers: [ServerID], random: inout SeededRandom) {
    precondition(!servers.isEmpty, "an ensemble has a server at least")
    self.servers = servers
    var last = servers.count - 1
    while last > 0 {
      self.servers.swapAt(last, random.below(last + 1))
      last -= 1
    }
  }

  /// Takes servers, of which there must be one at least, in the order in which they stand.
  public init(inOrder servers: [ServerID]) {
    precondition(!servers.isEmpty, "an ensemble has a server at least")
    self.servers = servers
  }

  /// The server that is tried next.
  public var nextServer: ServerID { servers[next] }

  /// Whether all of them were tried in vain, so that a pause is due before the next.
  var isExhausted: Bool { tries > 0 && tries % servers.count == 0 }

  /// The server to try now; the one after it is next.
  mutating func take() -> ServerID {
    defer {
      next = (next + 1) % servers.count
      tries += 1
    }
    return servers[next]
  }

  /// Notes that the server which was tried last granted a session.
  mutating func noteSuccess() {
    tries = 0
  }

  /// Makes a server the next, whether it is in the list or not.
  mutating func prefer(_ server: ServerID) {
    if let index = servers.firstIndex(of: server) {
      next = index
    } else {
      servers.insert(server, at: next)
    }
  }
}
