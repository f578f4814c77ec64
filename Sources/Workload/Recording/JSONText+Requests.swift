import ClientSession
import Jute
import LinnaeusBase

// What the lines of an operation say of its request and of its result, field by field (design.md,
// History). Each field begins with its comma.

extension SessionRequest {
  /// The operation's name.
  var function: StaticString {
    switch self {
    case .create: "create"
    case .delete: "delete"
    case .exists: "exists"
    case .getData: "getData"
    case .setData: "setData"
    case .getACL: "getACL"
    case .setACL: "setACL"
    case .getChildren: "getChildren"
    case .sync: "sync"
    case .multi: "multi"
    case .multiRead: "multiRead"
    case .reconfig: "reconfig"
    case .checkWatches: "checkWatches"
    case .removeWatches: "removeWatches"
    case .addWatch: "addWatch"
    case .setWatches: "setWatches"
    case .auth: "auth"
    case .sasl: "sasl"
    case .getEphemerals: "getEphemerals"
    case .getAllChildrenNumber: "getAllChildrenNumber"
    case .whoAmI: "whoAmI"
    case .closeSession: "closeSession"
    }
  }

  /// The znode that it asks about; nil for none, or several.
  var recordedPath: [UInt8]? {
    switch self {
    case .create(let path, _, _, _, _), .delete(let path, _), .exists(let path, _),
      .getData(let path, _), .setData(let path, _, _), .getACL(let path), .setACL(let path, _, _),
      .getChildren(let path, _, _), .sync(let path), .checkWatches(let path, _),
      .removeWatches(let path, _), .addWatch(let path, _), .getEphemerals(let path),
      .getAllChildrenNumber(let path):
      path
    case .multi, .multiRead, .reconfig, .setWatches, .auth, .sasl, .whoAmI, .closeSession: nil
    }
  }
}

extension JSONText {
  /// What a request asks for, but for its path.
  mutating func appendArguments(of request: SessionRequest) {
    switch request {
    case .create(_, let data, _, let mode, _): appendCreation(data, mode)
    case .delete(_, let version): appendVersion(version)
    case .exists(_, let watch), .getData(_, let watch), .getChildren(_, let watch, _):
      if watch { append(",\"watch\":true") }
    case .setData(_, let data, let version):
      appendValue(data)
      appendVersion(version)
    case .setACL(_, let acl, let version):
      appendACL(acl)
      appendVersion(version)
    case .multi(let operations): appendList("ops", operations) { $0.append($1) }
    case .multiRead(let operations): appendList("ops", operations) { $0.append($1) }
    case .reconfig(let joining, let leaving, let members, let configuration):
      append(",\"joining\":")
      appendText(joining)
      append(",\"leaving\":")
      appendText(leaving)
      append(",\"members\":")
      appendText(members)
      append(",\"version\":")
      append(configuration)
    case .addWatch(_, let recursive):
      append(recursive ? ",\"mode\":\"persistentRecursive\"" : ",\"mode\":\"persistent\"")
    case .removeWatches(_, let kind), .checkWatches(_, let kind):
      switch kind {
      case .children: append(",\"kind\":\"children\"")
      case .data: append(",\"kind\":\"data\"")
      case .any: append(",\"kind\":\"any\"")
      }
    case .setWatches(let watches): appendWatches(watches)
    // Never the secret.
    case .auth(let scheme, _):
      append(",\"scheme\":")
      appendText(scheme)
    case .getACL, .sync, .sasl, .getEphemerals, .getAllChildrenNumber, .whoAmI, .closeSession:
      break
    }
  }

  /// What a request that was done gave back; a multi is one of writes.
  mutating func appendResult(_ result: SessionResult, isMulti: Bool = false) {
    switch result {
    case .done, .synced, .identities, .token: break
    case .created(let path, let stat):
      append(",\"created\":")
      appendText(path)
      if let stat { appendStat(stat) }
    case .stat(let stat): appendStat(stat)
    case .data(let data, let stat):
      appendValue(data)
      appendStat(stat)
    case .acl(let acl, let stat):
      appendACL(acl)
      appendStat(stat)
    case .children(let children, let stat):
      append(",\"children\":")
      appendTexts(children)
      if let stat { appendStat(stat) }
    case .results(let results):
      // A multi that failed says so in its results only; the line says it as others do.
      if isMulti, let error = results.lazy.compactMap(\.cause).first {
        append(",\"error\":")
        appendText(Array(error.name.utf8))
      }
      appendList("results", results) { $0.append($1) }
    case .paths(let paths):
      append(",\"children\":")
      appendTexts(paths)
    case .number(let number):
      append(",\"value\":")
      append(Int64(number))
    }
  }

  private mutating func appendList<Element>(
    _ name: StaticString, _ elements: [Element], _ appendElement: (inout JSONText, Element) -> Void
  ) {
    append(",\"")
    append(name)
    append("\":[")
    for (index, element) in elements.enumerated() {
      if index > 0 { append(",") }
      appendElement(&self, element)
    }
    append("]")
  }

  // MARK: Parts of a multi

  private mutating func append(_ operation: MultiOperation) {
    switch operation {
    case .create(let path, let data, _, let mode, _):
      beginOperation("create", path)
      appendCreation(data, mode)
    case .delete(let path, let version):
      beginOperation("delete", path)
      appendVersion(version)
    case .setData(let path, let data, let version):
      beginOperation("setData", path)
      appendValue(data)
      appendVersion(version)
    case .check(let path, let version):
      beginOperation("check", path)
      appendVersion(version)
    }
    append("}")
  }

  private mutating func append(_ operation: MultiReadOperation) {
    switch operation {
    case .getData(let path): beginOperation("getData", path)
    case .getChildren(let path): beginOperation("getChildren", path)
    }
    append("}")
  }

  private mutating func beginOperation(_ function: StaticString, _ path: [UInt8]) {
    append("{\"f\":\"")
    append(function)
    append("\",\"path\":")
    appendText(path)
  }

  private mutating func append(_ result: MultiResult) {
    let start = bytes.count
    switch result {
    case .deleted, .checked: append(",")
    case .created(let path, let stat): appendResult(.created(path: path, stat: stat))
    case .setData(let stat): appendStat(stat)
    case .data(let data, let stat): appendResult(.data(data, stat))
    case .children(let children): appendResult(.children(children, stat: nil))
    case .failed(.ok): append(",")
    case .failed(let error):
      append(",\"error\":")
      appendText(Array(error.name.utf8))
    }
    // The first comma becomes the brace.
    bytes[start] = UInt8(ascii: "{")
    append("}")
  }

  // MARK: Fields

  private mutating func appendValue(_ data: [UInt8]?) {
    append(",\"value\":")
    appendText(data)
  }

  private mutating func appendVersion(_ version: Int32) {
    append(",\"version\":")
    append(Int64(version))
  }

  private mutating func appendCreation(_ data: [UInt8]?, _ mode: CreateMode) {
    appendValue(data)
    switch mode {
    case .persistent, .persistentSequential: append(",\"mode\":\"persistent\"")
    case .ephemeral, .ephemeralSequential: append(",\"mode\":\"ephemeral\"")
    case .container: append(",\"mode\":\"container\"")
    case .timeToLive(let milliseconds), .sequentialTimeToLive(let milliseconds):
      append(",\"mode\":\"ttl\",\"ttl\":")
      append(milliseconds)
    }
    switch mode {
    case .persistentSequential, .ephemeralSequential, .sequentialTimeToLive:
      append(",\"sequential\":true")
    default: break
    }
  }

  private mutating func appendACL(_ acl: [ACL]) {
    appendList("acl", acl) { text, entry in
      text.append("{\"permissions\":")
      text.append(Int64(entry.permissions.rawValue))
      text.append(",\"scheme\":")
      text.appendText(entry.identity.scheme)
      text.append(",\"id\":")
      text.appendText(entry.identity.id)
      text.append("}")
    }
  }

  private mutating func appendWatches(_ watches: WatchList) {
    append(",\"relativeZxid\":")
    appendHexadecimal(watches.relativeZxid.rawValue)
    append(",\"data\":")
    appendTexts(watches.data)
    append(",\"exist\":")
    appendTexts(watches.exist)
    append(",\"child\":")
    appendTexts(watches.children)
    guard let persistent = watches.persistent else { return }
    append(",\"persistent\":")
    appendTexts(persistent.plain)
    append(",\"persistentRecursive\":")
    appendTexts(persistent.recursive)
  }

  private mutating func appendStat(_ stat: Stat) {
    append(",\"stat\":{\"czxid\":")
    appendHexadecimal(stat.czxid.rawValue)
    append(",\"mzxid\":")
    appendHexadecimal(stat.mzxid.rawValue)
    append(",\"ctime\":")
    append(stat.ctime)
    append(",\"mtime\":")
    append(stat.mtime)
    append(",\"version\":")
    append(Int64(stat.version))
    append(",\"cversion\":")
    append(Int64(stat.cversion))
    append(",\"aversion\":")
    append(Int64(stat.aversion))
    append(",\"ephemeralOwner\":")
    appendHexadecimal(stat.ephemeralOwner)
    append(",\"dataLength\":")
    append(Int64(stat.dataLength))
    append(",\"numChildren\":")
    append(Int64(stat.numChildren))
    append(",\"pzxid\":")
    appendHexadecimal(stat.pzxid.rawValue)
    append("}")
  }
}

extension MultiResult {
  /// The error for which a multi failed; nil for a result that is none, or only its consequence.
  fileprivate var cause: ErrorCode? {
    switch self {
    case .failed(.ok), .failed(.runtimeInconsistency): nil
    case .failed(let error): error
    default: nil
    }
  }
}
