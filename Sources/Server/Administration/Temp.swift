import Sockets
enum WordOutcome { case answered, unfinished, none }
extension ServerLoop {
  func answerWord(_ slot: Int32, _ bytes: UnsafeRawBufferPointer) -> WordOutcome { .none }
  func adminResponse(to: HTTPRequest) -> HTTPResponse { .error(404) }
  func metricsResponse(to: HTTPRequest) -> HTTPResponse { .error(404) }
}
