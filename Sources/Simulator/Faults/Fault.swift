/// A kind of fault, to be left in or out of a run as a whole.
public enum FaultKind: String, Hashable, Sendable, CaseIterable {
  /// A server's process ends and starts again.
  case crash
  /// A server's host loses power.
  case powerLoss
  /// All hosts lose power at once.
  case blackout
  /// A server is struck right before or after an operation of its disk.
  case diskStrike
  /// A process stands still, as in a long garbage collection.
  case pause
  /// The network falls into two halves.
  case split
  /// The same, in one direction only.
  case oneWaySplit
  /// One server cannot reach one other, or the reverse.
  case link
  /// A link is slow for a while.
  case clog
  /// Connections break.
  case broken
  /// A disk is slow for a while.
  case slowDisk
  /// A disk is full for a while.
  case fullDisk
  /// A sync fails.
  case syncError
  /// Somebody sets a clock.
  case wallStep
  /// A clock begins to run at another rate.
  case drift
  /// The leader is cut off from all other servers, which notice before it does.
  case deposedLeader
  /// A client changes who belongs to the ensemble.
  case reconfigure
  /// A bit of what is durable changes; leaves the atlas, and is not drawn unless it is asked for.
  case rot
}

/// Something that goes wrong, and is mended after a while: independent of all others, so that any of
/// them can be left out.
///
/// Hosts are numbered: servers from 0, then clients.
public enum Fault: Hashable, Sendable {
  /// A server's process ends, perhaps with its host's power, and starts again.
  case crash(server: Int, losesPower: Bool, milliseconds: Int)
  /// All hosts of servers lose power at once, and start again one by one.
  case blackout(milliseconds: Int)
  /// A server crashes before or after the operation of its disk that comes after so many others.
  case diskStrike(server: Int, operations: Int, losesPower: Bool, milliseconds: Int)
  /// A server's process stands still.
  case pause(server: Int, milliseconds: Int)
  /// Nothing gets from some hosts to all others, or the reverse unless it is one-way.
  case split(hosts: [Int], isOneWay: Bool, milliseconds: Int)
  /// Nothing gets from one host to another.
  case block(from: Int, to: Int, milliseconds: Int)
  /// What one host sends to another arrives late, all at once.
  case clog(from: Int, to: Int, milliseconds: Int)
  /// The connections of a host break.
  case breakConnections(host: Int)
  /// The syncs of a server's disk take so many times as long.
  case slowDisk(server: Int, factor: Int, milliseconds: Int)
  /// A server's disk has so much room left.
  case fullDisk(server: Int, bytes: Int, milliseconds: Int)
  /// A server's next sync fails.
  case syncError(server: Int)
  /// Somebody sets the clock on a server's wall.
  case wallStep(server: Int, milliseconds: Int)
  /// From now on a server's clocks run so many parts per million too fast, or too slow.
  case drift(server: Int, partsPerMillion: Int)
  /// Nothing gets from the leader of the moment to any other server, nor back, and their connections
  /// to it break at once, of which it hears nothing: they elect another leader while it still waits.
  case deposedLeader(milliseconds: Int)
  /// A client makes these servers the ensemble; whoever else runs learns nevertheless.
  case reconfigure(voters: [Int], observers: [Int])
  /// A bit of what is durable on a server changes while it is down for so long.
  case rot(server: Int, milliseconds: Int)
}

/// When something goes wrong.
public struct ScheduledFault: Hashable, Sendable {
  /// In nanoseconds of virtual time.
  public var time: Int64
  /// What goes wrong.
  public var fault: Fault

  /// Takes both.
  public init(time: Int64, fault: Fault) {
    self.time = time
    self.fault = fault
  }
}
