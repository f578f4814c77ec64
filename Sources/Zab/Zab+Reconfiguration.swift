/// What a leader must know before it proposes another configuration.
extension Zab {
  /// Whether so many servers of a configuration follow this leader and are up to date, it included,
  /// that they would be a quorum of it; observers acknowledge nothing, whatever they are to become.
  public func isFollowed(byQuorumOf next: QuorumConfiguration) -> Bool {
    guard phase == .leading, isServing else { return false }
    return next.isQuorum { server in
      if server == id { return true }
      return links.contains {
        $0.state == .learner && $0.learner.server == server && $0.learner.stage >= .upToDate
          && !$0.learner.isObserver
      }
    }
  }
}
