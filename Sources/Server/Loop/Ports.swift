import LinnaeusBase
import Sockets

/// What a server listens on, and what makes it stop.
struct Ports: Sendable {
  let client: ListeningSocket
  let admin: ListeningSocket?
  let metrics: ListeningSocket?
  let stop: WakeUp

  init(_ configuration: ServerConfiguration) throws(SystemError) {
    client = try ListeningSocket(
      host: configuration.client.host, port: configuration.client.port,
      backlog: configuration.listenBacklog)
    admin = try Self.listen(configuration.admin)
    metrics = try Self.listen(configuration.metrics)
    stop = try WakeUp()
  }

  private static func listen(
    _ endpoint: ServerConfiguration.Endpoint?
  ) throws(SystemError) -> ListeningSocket? {
    guard let endpoint else { return nil }
    return try ListeningSocket(host: endpoint.host, port: endpoint.port, backlog: 16)
  }
}
