import Jute
import LinnaeusBase

extension SessionRequest {
  /// Writes the request's body, which follows its header (zookeeper-protocol.md, section 2.4).
  func write(to writer: inout ByteWriter) {
    switch self {
    case .create(let path, let data, let acl, let mode, _):
      writer.create(path, data, acl, mode)
    case .delete(let path, let version):
      writer.pathNumberRequest(path: path, number: version)
    case .exists(let path, let watch), .getData(let path, let watch),
      .getChildren(let path, let watch, _):
      writer.pathWatchRequest(path: path, watch: watch)
    case .setData(let path, let data, let version):
      writer.setDataRequest(path: path, data: data, version: version)
    case .getACL(let path), .sync(let path), .getEphemerals(let path),
      .getAllChildrenNumber(let path):
      writer.string(path)
    case .setACL(let path, let acl, let version):
      writer.setACLRequest(path: path, acl: ACL.bytes(acl), version: version)
    case .multi(let operations):
      for operation in operations { operation.write(to: &writer) }
      MultiHeader.end.write(to: &writer)
    case .multiRead(let operations):
      for operation in operations { operation.write(to: &writer) }
      MultiHeader.end.write(to: &writer)
    case .reconfig(let joining, let leaving, let members, let configuration):
      for text in [joining, leaving, members] { writer.buffer(text) }
      writer.int64(configuration)
    case .checkWatches(let path, let kind), .removeWatches(let path, let kind):
      writer.pathNumberRequest(path: path, number: kind.rawValue)
    case .addWatch(let path, let recursive):
      writer.pathNumberRequest(path: path, number: recursive ? 1 : 0)
    case .setWatches(let watches):
      writer.setWatchesRequest(
        relativeZxid: watches.relativeZxid, data: watches.data, exist: watches.exist,
        children: watches.children,
        persistent: watches.persistent.map { ($0.plain, $0.recursive) })
    case .auth(let scheme, let credentials):
      writer.authPacket(scheme: scheme, credentials: credentials)
    case .sasl(let token):
      writer.buffer(token)
    case .whoAmI, .closeSession:
      break
    }
  }
}

extension MultiOperation {
  /// Writes the operation with its header.
  func write(to writer: inout ByteWriter) {
    MultiHeader(opcode: opcode, error: -1).write(to: &writer)
    switch self {
    case .create(let path, let data, let acl, let mode, _):
      writer.create(path, data, acl, mode)
    case .delete(let path, let version), .check(let path, let version):
      writer.pathNumberRequest(path: path, number: version)
    case .setData(let path, let data, let version):
      writer.setDataRequest(path: path, data: data, version: version)
    }
  }
}

extension MultiReadOperation {
  /// Writes the operation with its header.
  func write(to writer: inout ByteWriter) {
    MultiHeader(opcode: opcode, error: -1).write(to: &writer)
    switch self {
    case .getData(let path), .getChildren(let path):
      writer.pathWatchRequest(path: path, watch: false)
    }
  }
}

extension ByteWriter {
  fileprivate mutating func create(
    _ path: [UInt8], _ data: [UInt8]?, _ acl: [ACL], _ mode: CreateMode
  ) {
    createRequest(
      path: path, data: data, acl: ACL.bytes(acl), flags: mode.flags,
      ttl: mode.timeToLiveMilliseconds)
  }
}
