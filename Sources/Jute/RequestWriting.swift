import LinnaeusBase

/// The requests of clients, written after their ``RequestHeader``.
extension ByteWriter {
  /// Writes the body of `create`, `create2`, `createContainer` or, with a `ttl`, `createTTL`.
  ///
  /// `acl` is the list's bytes, the number of its elements first (``ACL/bytes(_:)``).
  public mutating func createRequest(
    path: some ByteSource, data: (some ByteSource)?, acl: [UInt8], flags: Int32, ttl: Int64? = nil
  ) {
    string(path)
    buffer(data)
    append(acl)
    int32(flags)
    if let ttl { int64(ttl) }
  }

  /// Writes the body of `delete` or `check`, or of any request with a path and a number.
  public mutating func pathNumberRequest(path: some ByteSource, number: Int32) {
    string(path)
    int32(number)
  }

  /// Writes the body of `exists`, `getData`, `getChildren` or `getChildren2`.
  public mutating func pathWatchRequest(path: some ByteSource, watch: Bool) {
    string(path)
    bool(watch)
  }

  /// Writes the body of `setData`.
  public mutating func setDataRequest(
    path: some ByteSource, data: (some ByteSource)?, version: Int32
  ) {
    string(path)
    buffer(data)
    int32(version)
  }

  /// Writes the body of `setACL`; `acl` as in `createRequest`.
  public mutating func setACLRequest(path: some ByteSource, acl: [UInt8], version: Int32) {
    string(path)
    append(acl)
    int32(version)
  }

  /// Writes the body of `auth`.
  public mutating func authPacket(scheme: some ByteSource, credentials: some ByteSource) {
    int32(0)
    string(scheme)
    buffer(credentials)
  }

  /// Writes the body of `setWatches2`, or of `setWatches` if there are no persistent ones.
  public mutating func setWatchesRequest(
    relativeZxid: Zxid, data: [[UInt8]], exist: [[UInt8]], children: [[UInt8]],
    persistent: (plain: [[UInt8]], recursive: [[UInt8]])? = nil
  ) {
    zxid(relativeZxid)
    strings(data)
    strings(exist)
    strings(children)
    guard let persistent else { return }
    strings(persistent.plain)
    strings(persistent.recursive)
  }
}
