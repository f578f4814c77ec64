import Jute
import LinnaeusBase

/// Several operations as one transaction (zookeeper-protocol.md, section 2.5).
extension Preparation {
  private enum Part {
    case create(Opcode, CreateRequest)
    case delete(PathVersionRequest)
    case setData(SetDataRequest)
    case check(PathVersionRequest)
    /// A creation with a time to live in a request that has no room for one.
    case timeless

    var opcode: Opcode {
      switch self {
      case .create(let opcode, _): opcode
      case .delete: .delete
      case .setData: .setData
      case .check: .check
      case .timeless: .createTTL
      }
    }
  }

  /// Each operation sees those before it; once one has failed, none of them counts.
  mutating func prepareMulti(
    _ reader: inout ByteReader, _ context: Context, _ tree: ZnodeTree,
    into payload: inout ByteWriter
  ) throws(ByteReaderError) -> ErrorCode {
    let parts = try Self.readParts(&reader)
    payload.int32(Int32(parts.count))
    outstanding.beginUndoable()
    var hasFailed = false
    for part in parts {
      let start = payload.count
      payload.int32(part.opcode.rawValue)
      payload.int32(0)
      var error = ErrorCode.runtimeInconsistency
      if !hasFailed {
        if case .timeless = part {
          outstanding.undo()
          return .marshallingError
        }
        error = prepare(part, context, tree, into: &payload)
        if error != .ok {
          outstanding.undo()
          hasFailed = true
        }
      }
      if error != .ok {
        payload.bytes.removeLast(payload.count - start)
        payload.int32(Opcode.error.rawValue)
        payload.int32(4)
        payload.int32(error.rawValue)
      } else {
        payload.replaceInt32(at: start + 4, with: Int32(payload.count - start - 8))
      }
    }
    if !hasFailed { outstanding.keep() }
    return .ok
  }

  private mutating func prepare(
    _ part: Part, _ context: Context, _ tree: ZnodeTree, into payload: inout ByteWriter
  ) -> ErrorCode {
    switch part {
    case .create(let opcode, let request):
      prepareCreate(opcode, request, context, tree, into: &payload)
    case .delete(let request): prepareDelete(request, context, tree, into: &payload)
    case .setData(let request): prepareSetData(request, context, tree, into: &payload)
    case .check(let request): prepareCheck(request, context, tree, into: &payload)
    case .timeless: .marshallingError
    }
  }

  /// Reads all operations before any is tried: one that is none makes the whole request none.
  private static func readParts(_ reader: inout ByteReader) throws(ByteReaderError) -> [Part] {
    let header = try MultiHeader(from: &reader)
    return try readParts(from: header, &reader)
  }

  /// Steps over the writes of a multi, the header of the first of which was read.
  static func skipParts(
    from header: MultiHeader, _ reader: inout ByteReader
  ) throws(ByteReaderError) {
    _ = try readParts(from: header, &reader)
  }

  private static func readParts(
    from header: MultiHeader, _ reader: inout ByteReader
  ) throws(ByteReaderError) -> [Part] {
    var parts: [Part] = []
    var header = header
    while !header.isDone {
      switch header.opcode {
      case .create, .create2, .createContainer, .createTTL:
        parts.append(try readCreate(header.opcode, &reader))
      case .delete: parts.append(.delete(try PathVersionRequest(from: &reader)))
      case .setData: parts.append(.setData(try SetDataRequest(from: &reader)))
      case .check: parts.append(.check(try PathVersionRequest(from: &reader)))
      default: throw reader.error("\(header.opcode) within a multi")
      }
      header = try MultiHeader(from: &reader)
    }
    return parts
  }

  /// Within a multi the flags say which operation a creation is, as in Apache's `Op.create`.
  private static func readCreate(
    _ opcode: Opcode, _ reader: inout ByteReader
  ) throws(ByteReaderError) -> Part {
    var request = try CreateRequest(from: &reader, hasTTL: opcode == .createTTL)
    let mode = CreateMode(flags: request.flags)
    if mode?.hasTTL == true {
      return opcode == .createTTL ? .create(.createTTL, request) : .timeless
    }
    request.ttl = nil
    return .create(mode?.isContainer == true ? .createContainer : .create, request)
  }
}
