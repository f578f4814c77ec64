import Glibc
import LinnaeusBase

/// Threads of the system's own.
enum Threads {
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// `pthread_create`, `pthread_detach`: runs `body` on a detached thread.
  static func start(named name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError)
  {
    let box = Unmanaged.passRetained(Body(body))
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, box.toOpaque())
    guard failure == 0 else {
      box.release()
      throw SystemError(errno: failure, call: "pthread_create", path: name)
    }
    pthread_detach(thread)
  }
}
