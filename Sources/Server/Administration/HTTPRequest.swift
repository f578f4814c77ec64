/// As much of HTTP/1.1 as administration needs: the first line of a GET.
struct HTTPRequest: Hashable {
  /// What some bytes are.
  enum Parsed: Hashable {
    /// More must come.
    case unfinished
    case request(HTTPRequest)
    /// Something else, with the status to answer it with.
    case refused(Int)
  }

  var path: String
  /// What stands behind the question mark, by name.
  var query: [String: String]
  /// Whether the body is left out of the answer.
  var isHead: Bool

  /// A head may be that long.
  static let maxHeadBytes = 8192

  /// Takes a head, to the empty line after it.
  static func parse(_ bytes: [UInt8]) -> Parsed {
    guard let end = endOfHead(bytes) else {
      return bytes.count > maxHeadBytes ? .refused(431) : .unfinished
    }
    if end > maxHeadBytes { return .refused(431) }
    let lineEnd = bytes.firstIndex(of: 10) ?? end
    let line = bytes[..<lineEnd].filter { $0 != 13 }
    guard line.allSatisfy({ $0 >= 32 && $0 < 127 }) else { return .refused(400) }
    let parts = String(decoding: line, as: UTF8.self)
      .split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[2] == "HTTP/1.1" || parts[2] == "HTTP/1.0",
      parts[1].hasPrefix("/")
    else { return .refused(400) }
    guard parts[0] == "GET" || parts[0] == "HEAD" else { return .refused(405) }
    let target = parts[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var query: [String: String] = [:]
    if target.count == 2 {
      for pair in target[1].split(separator: "&") {
        let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        query[decoded(sides[0])] = sides.count == 2 ? decoded(sides[1]) : ""
      }
    }
    return .request(
      HTTPRequest(path: decoded(target[0]), query: query, isHead: parts[0] == "HEAD"))
  }

  private static func endOfHead(_ bytes: [UInt8]) -> Int? {
    var previous = -1
    for (index, byte) in bytes.enumerated() where byte == 10 {
      if previous >= 0, bytes[previous + 1..<index].allSatisfy({ $0 == 13 }) { return index + 1 }
      previous = index
    }
    return nil
  }

  /// Takes `%2F` and `+` back; what is no escape stays.
  private static func decoded(_ text: Substring) -> String {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
        let value = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16)
      {
        result.append(value)
        index += 3
      } else {
        result.append(bytes[index] == UInt8(ascii: "+") ? 32 : bytes[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}

/// What a request is answered with; the connection ends after it.
struct HTTPResponse: Hashable {
  var status: Int
  var contentType: String
  var body: String

  static func json(_ body: String, status: Int = 200) -> HTTPResponse {
    HTTPResponse(status: status, contentType: "application/json", body: body)
  }

  static func text(_ body: String, status: Int = 200) -> HTTPResponse {
    HTTPResponse(status: status, contentType: "text/plain;charset=utf-8", body: body)
  }

  static func error(_ status: Int) -> HTTPResponse {
    text("\(status) \(reason(status))\n", status: status)
  }

  /// Head and body as they are sent.
  func bytes(isHead: Bool) -> [UInt8] {
    let body = Array(self.body.utf8)
    let allow = status == 405 ? "Allow: GET, HEAD\r\n" : ""
    let head = """
      HTTP/1.1 \(status) \(Self.reason(status))\r
      Content-Type: \(contentType)\r
      Content-Length: \(body.count)\r
      \(allow)Connection: close\r
      \r

      """
    return Array(head.utf8) + (isHead ? [] : body)
  }

  private static func reason(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 400: "Bad Request"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 431: "Request Header Fields Too Large"
    default: "Internal Server Error"
    }
  }
}
