import LinnaeusBase
import Storage

/// Why a server does not start, or stops by itself.
public enum ServerError: Error, Sendable, CustomStringConvertible {
  /// The system refused something that it cannot do without.
  case system(SystemError)
  /// Another process uses the data directory.
  case locked(String)
  /// What is on the disk is damaged, or no state at all.
  case recovery(RecoveryError, folder: String)
  /// The replica promises nothing any more.
  case replica(String)

  /// A sentence for whoever runs the server.
  public var description: String {
    switch self {
    case .system(let error): "\(error)"
    case .locked(let folder): "\(folder) is in use by another server"
    case .recovery(let error, let folder): "\(folder): \(error)"
    case .replica(let reason): reason
    }
  }
}
