import LinnaeusBase

/// Who may decide (zookeeper-protocol.md, section 8, "Quorums").
extension QuorumConfiguration {
  /// The member of that number.
  public func member(_ id: ServerID) -> Member? { members.first { $0.id == id } }

  /// Whether that server has a vote.
  public func isParticipant(_ id: ServerID) -> Bool { member(id)?.role == .participant }

  /// What that server's vote counts.
  public func weight(of id: ServerID) -> Int64 { weights.isEmpty ? 1 : weights[id] ?? 1 }

  /// Whether the servers that `contains` names are a quorum: more than half of the weight of all
  /// participants; with groups, of more than half of the groups.
  ///
  /// Groups without any weight do not count.
  ///
  /// - Complexity: O(n) calls of `contains` for n members.
  public func isQuorum(_ contains: (ServerID) -> Bool) -> Bool {
    if groups.isEmpty {
      var (all, named): (Int64, Int64) = (0, 0)
      for place in members.indices where members[place].role == .participant {
        let weight = weight(of: members[place].id)
        all += weight
        if contains(members[place].id) { named += weight }
      }
      return named > all / 2
    }
    var (voting, agreeing) = (0, 0)
    for group in groups {
      var (all, named): (Int64, Int64) = (0, 0)
      for server in group where isParticipant(server) {
        let weight = weight(of: server)
        all += weight
        if contains(server) { named += weight }
      }
      if all > 0 { voting += 1 }
      if named > all / 2 { agreeing += 1 }
    }
    return agreeing > voting / 2
  }
}
