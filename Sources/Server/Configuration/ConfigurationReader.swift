import LinnaeusBase

/// What the lines of a file have said so far, before it is seen whether they fit together.
struct ConfigurationDraft {
  var server = ServerConfiguration()
  var clientPort: Int?
  var standaloneEnabled = true
  var members: [(id: String, line: Int)] = []
  var adminEnabled: Bool?
  var adminHost: String?
  var adminPort: Int?
  var metricsEnabled = false
  var metricsHost: String?
  var metricsPort: Int?
}

extension ServerConfiguration {
  /// Reads a `zoo.cfg`.
  ///
  /// Keys of `QuorumPeerConfig` and the names of Java system properties, with or without
  /// `zookeeper.` before them, are the same.
  ///
  /// - Parameters:
  ///   - bytes: The file.
  ///   - file: Its name, for messages.
  /// - Returns: The configuration, and what in the file has no effect.
  /// - Throws: What is wrong with the first bad line.
  public static func parse(
    _ bytes: [UInt8], file: String
  ) throws(ConfigurationError) -> (ServerConfiguration, [ConfigurationWarning]) {
    do {
      var warnings: [ConfigurationWarning] = []
      var draft = ConfigurationDraft()
      var lines: [String: Int] = [:]
      for entry in try JavaProperties(bytes).entries {
        let key = canonical(entry.key)
        if let earlier = lines.updateValue(entry.line, forKey: key) {
          warnings.append(
            ConfigurationWarning(
              file: file, line: entry.line,
              message: "\(key) stood in line \(earlier) already; this one holds"))
        }
        if let message = try draft.take(entry, as: key) {
          warnings.append(ConfigurationWarning(file: file, line: entry.line, message: message))
        }
      }
      return (try draft.finished(warnings: &warnings, file: file), warnings)
    } catch {
      throw ConfigurationError(file: file, line: error.line, message: error.message)
    }
  }

  private static func canonical(_ key: String) -> String {
    key.hasPrefix("zookeeper.") ? String(key.dropFirst("zookeeper.".count)) : key
  }

  /// Checks what depends on more than one value.
  ///
  /// - Throws: What does not fit together.
  public func validate() throws(ConfigurationError) {
    if dataDirectory.isEmpty { throw ConfigurationError(message: "dataDir is not set") }
    if grantedMinSessionTimeout > grantedMaxSessionTimeout {
      throw ConfigurationError(
        message: "minSessionTimeout (\(grantedMinSessionTimeout)) must not be larger than "
          + "maxSessionTimeout (\(grantedMaxSessionTimeout))")
    }
  }
}

extension ConfigurationDraft {
  /// Takes an entry; tells why it has no effect, if so.
  fileprivate mutating func take(
    _ entry: JavaProperties.Entry, as key: String
  ) throws(ConfigurationError) -> String? {
    if let member = memberID(key) {
      members.append((member, entry.line))
      return nil
    }
    switch ConfigurationKey.named(key) {
    case .setting(let set):
      do {
        try set(&self, ConfigurationValue(key: key, value: entry.value, line: entry.line))
      } catch let error as ConfigurationError {
        throw error
      } catch {
        throw ConfigurationError(line: entry.line, message: "\(key): \(error)")
      }
      return nil
    case .accepted: return nil
    case .unsupported(let reason): return "\(key) has no effect: \(reason)"
    case nil:
      let folded = key.lowercased()
      let meant = ConfigurationKey.names.first { $0.lowercased() == folded }
      return "unknown key '\(key)' has no effect" + (meant.map { "; did you mean '\($0)'?" } ?? "")
    }
  }

  /// The member of an ensemble that `server.N`, `group.N` or `weight.N` is about.
  private func memberID(_ key: String) -> String? {
    for prefix in ["server.", "group.", "weight."] where key.hasPrefix(prefix) {
      let id = key.dropFirst(prefix.count)
      if !id.isEmpty, id.allSatisfy(\.isNumber) { return String(id) }
    }
    return nil
  }

  fileprivate func finished(
    warnings: inout [ConfigurationWarning], file: String
  ) throws(ConfigurationError) -> ServerConfiguration {
    var server = server
    if let last = members.last {
      if Set(members.map(\.id)).count > 1 || !standaloneEnabled {
        throw ConfigurationError(
          line: last.line,
          message: "server.\(last.id) names a member of an ensemble; ensembles are not served yet, "
            + "only a server that runs alone")
      }
      warnings.append(
        ConfigurationWarning(
          file: file, line: last.line,
          message: "server.\(last.id) is the only server and is ignored: this one runs alone"))
    }
    guard let clientPort else {
      throw ConfigurationError(message: "clientPort is not set")
    }
    server.client.port = clientPort
    if server.client.host == "0.0.0.0" || server.client.host == "::" { server.client.host = nil }
    if adminEnabled ?? (adminPort != nil) {
      server.admin = .init(host: adminHost, port: adminPort ?? 8080)
    }
    if metricsEnabled { server.metrics = .init(host: metricsHost, port: metricsPort ?? 7000) }
    try server.validate()
    return server
  }
}
