import Glibc

/// What `envi` tells of the process and the machine.
enum ServerEnvironment {
  /// Names and values, in Apache's order; what there is only in Java is left out.
  static let entries: [(name: String, value: String)] = {
    let system = FileCalls.systemNames()
    return [
      ("zookeeper.version", ServerFigures.version),
      ("host.name", system.host),
      ("os.name", system.name),
      ("os.arch", system.machine),
      ("os.version", system.release),
      ("user.name", variable("USER")),
      ("user.home", variable("HOME")),
      ("user.dir", FileCalls.currentFolder()),
    ]
  }()

  private static func variable(_ name: String) -> String {
    getenv(name).map { String(cString: $0) } ?? ""
  }
}
