import LinnaeusBase
import Replica
import Sockets

/// The connections of the administration's ports.
struct Pages {
  enum Kind { case admin, metrics }

  struct Page {
    var socket: StreamSocket
    var kind: Kind
    var since: Instant
    var input: [UInt8] = []
    var output: [UInt8] = []
    var sent = 0
  }

  /// By slot.
  var pages: [Page?] = []

  var count: Int { pages.reduce(0) { $1 == nil ? $0 : $0 + 1 } }
}

extension ServerLoop {
  /// Accepts whoever asks for figures, as long as they are few.
  mutating func acceptPages(from port: ListeningSocket?, _ kind: Pages.Kind) {
    guard let port else { return }
    for _ in 0..<Limits.pages {
      // Whoever cannot be accepted for want of descriptors is told of by the next event.
      guard case .connection(let socket, _) = port.accept() else { return }
      guard pages.count < Limits.pages else {
        socket.close()
        continue
      }
      let slot = pages.pages.firstIndex { $0 == nil } ?? pages.pages.count
      do {
        try poller.add(edge: socket, token: Registration.page.token(slot: Int32(slot)))
      } catch {
        log(.warning, "\(error)")
        socket.close()
        continue
      }
      let page = Pages.Page(socket: socket, kind: kind, since: now)
      if slot < pages.pages.count { pages.pages[slot] = page } else { pages.pages.append(page) }
    }
  }

  /// Reads a request to its end, answers it, and sends what the socket takes.
  mutating func take(page event: Poller.Event, _ slot: Int32) {
    guard pages.pages.indices.contains(Int(slot)), var page = pages.pages[Int(slot)] else { return }
    var isOpen = true
    if event.isReadable { isOpen = read(&page) }
    if isOpen, page.output.isEmpty { answer(&page) }
    if isOpen, !page.output.isEmpty { isOpen = send(&page) }
    if isOpen {
      pages.pages[Int(slot)] = page
    } else {
      page.socket.close()
      pages.pages[Int(slot)] = nil
    }
  }

  /// False if the client is gone.
  private mutating func read(_ page: inout Pages.Page) -> Bool {
    let socket = page.socket
    // Whoever sends faster than it is read would keep everybody else waiting.
    for _ in 0..<Limits.pageReads {
      let (transfer, bytes) = withScratch { socket.receive(into: $0) }
      switch transfer {
      // What comes after the head is not of interest.
      case .bytes:
        if page.input.count <= HTTPRequest.maxHeadBytes { page.input.append(contentsOf: bytes) }
      case .later: return true
      // A client may have closed its half only.
      case .end: return HTTPRequest.parse(page.input) != .unfinished
      case .failed: return false
      }
    }
    return false
  }

  private mutating func answer(_ page: inout Pages.Page) {
    switch HTTPRequest.parse(page.input) {
    case .unfinished: return
    case .refused(let status): page.output = HTTPResponse.error(status).bytes(isHead: false)
    case .request(let request):
      let response: HTTPResponse
      switch page.kind {
      case .admin: response = adminResponse(to: request)
      case .metrics: response = metricsResponse(to: request)
      }
      page.output = response.bytes(isHead: request.isHead)
    }
  }

  /// False once everything is sent, or cannot be.
  private func send(_ page: inout Pages.Page) -> Bool {
    while page.sent < page.output.count {
      let socket = page.socket
      let start = page.sent
      let transfer = page.output.withUnsafeBytes {
        socket.send(UnsafeRawBufferPointer(rebasing: $0[start...]))
      }
      switch transfer {
      case .bytes(let count): page.sent += count
      case .later: return true
      case .end, .failed: return false
      }
    }
    page.socket.shutDownSending()
    return false
  }

  /// Ends pages that take too long.
  mutating func sweepPages(before limit: Instant) {
    for slot in pages.pages.indices {
      guard let page = pages.pages[slot], page.since < limit else { continue }
      page.socket.close()
      pages.pages[slot] = nil
    }
  }
}
