import LinnaeusBase

/// Who belongs to an ensemble, and what makes a quorum of it.
public struct QuorumConfiguration: Hashable, Sendable {
  /// What a member is there for.
  public enum Role: Hashable, Sendable {
    /// It votes.
    case participant
    /// It only learns.
    case observer
  }

  /// One server: a line `server.N=host:quorumPort:electionPort:role;clientHost:clientPort`.
  public struct Member: Hashable, Sendable {
    /// Its number.
    public var id: ServerID
    /// What stands before the role: host, quorum port and election port.
    public var address: [UInt8]
    /// What it is there for.
    public var role: Role
    /// Where clients connect, if the line says so.
    public var clientAddress: [UInt8]?

    /// A member with these.
    public init(
      id: ServerID, address: [UInt8], role: Role = .participant, clientAddress: [UInt8]? = nil
    ) {
      self.id = id
      self.address = address
      self.role = role
      self.clientAddress = clientAddress
    }
  }

  /// In ascending order of their numbers.
  public var members: [Member]
  /// The zxid of the reconfiguration that made it; 0 for one that stood in a file.
  public var version: Int64
  /// By group, its servers; empty: a plain majority counts (`group.N=`).
  public var groups: [[ServerID]] = []
  /// What servers' votes count; 1 unless it stands here (`weight.N=`).
  public var weights: [ServerID: Int64] = [:]

  /// An ensemble of these.
  public init(members: [Member], version: Int64 = 0) {
    self.members = members.sorted { $0.id < $1.id }
    self.version = version
  }
}
