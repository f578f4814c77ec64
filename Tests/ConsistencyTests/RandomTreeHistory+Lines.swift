extension RandomTreeHistory {
  /// The lines of a native history.
  var text: [String] {
    lines.map { number, isEnd in
      let operation = operations[number]
      let (f, call) = Self.call(operation.request)
      guard isEnd else { return invocation(number, process: operation.session, f, call) }
      guard let reply = operation.reply else {
        return completion(
          number, process: operation.session, f, "info", ",\"error\":\"ConnectionLoss\"")
      }
      let zxid = operation.zxid.map { ",\"zxid\":\"0x\(String($0, radix: 16))\"" } ?? ""
      return completion(number, process: operation.session, f, "ok", Self.text(reply) + zxid)
    }
  }

  static func call(_ request: ReferenceTree.Request) -> (f: String, fields: String) {
    switch request {
    case .create(let path, let value, let isEphemeral):
      let mode = isEphemeral ? ",\"mode\":\"ephemeral\"" : ""
      return ("create", ",\"path\":\"\(path)\",\"value\":\"\(value)\"\(mode)")
    case .delete(let path, let version):
      return ("delete", ",\"path\":\"\(path)\",\"version\":\(version)")
    case .setData(let path, let value, let version):
      return ("setData", ",\"path\":\"\(path)\",\"value\":\"\(value)\",\"version\":\(version)")
    case .check(let path, let version):
      return ("check", ",\"path\":\"\(path)\",\"version\":\(version)")
    case .exists(let path): return ("exists", ",\"path\":\"\(path)\"")
    case .getData(let path): return ("getData", ",\"path\":\"\(path)\"")
    case .closeSession: return ("closeSession", "")
    case .multi(let parts):
      let objects = parts.map { part in
        let (f, fields) = call(part)
        return "{\"f\":\"\(f)\"\(fields)}"
      }
      return ("multi", ",\"ops\":[\(objects.joined(separator: ","))]")
    }
  }

  static func text(_ reply: ReferenceTree.Reply) -> String {
    var text = reply.error.map { ",\"error\":\"\($0)\"" } ?? ""
    if let value = reply.value { text += ",\"value\":\"\(value)\"" }
    if let stat = reply.stat {
      text += ",\"stat\":{\"version\":\(stat.version),\"dataLength\":\(stat.dataLength)"
      if let zxid = stat.czxid { text += ",\"czxid\":\"0x\(String(zxid, radix: 16))\"" }
      if let zxid = stat.mzxid { text += ",\"mzxid\":\"0x\(String(zxid, radix: 16))\"" }
      text += "}"
    }
    if !reply.results.isEmpty {
      let objects = reply.results.map { "{\(Self.text($0).dropFirst())}" }
      text += ",\"results\":[\(objects.joined(separator: ","))]"
    }
    return text
  }
}
