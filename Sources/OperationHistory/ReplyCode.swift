extension Outcome {
  /// What a reply of ZooKeeper's with that error code says of its operation; 0 is success.
  ///
  /// An error may be an answer like another (`ok`), tell that nothing was done (`fail`), or leave
  /// it open (`info`), as codes do that nobody knows (design.md, History).
  public init(replyCode: Int32) {
    self =
      switch replyCode {
      case 0, -8, -13, -14, -101, -102, -103, -108, -110, -111, -114, -115, -121, -123, -125: .ok
      case -5, -6, -112, -119, -120, -127: .fail
      default: .info
      }
  }
}
