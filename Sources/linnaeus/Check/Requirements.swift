import Consistency

extension ParsedArguments {
  /// The names that `--require` gives, and whether one is of transactions.
  private func requiredNames() throws(UsageError) -> [(name: String, isolation: IsolationLevel?)] {
    var names: [(String, IsolationLevel?)] = []
    let levels = IsolationLevel.allCases.map(\.rawValue)
    for list in all("--require") {
      for name in list.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
        let isolation = IsolationLevel(rawValue: name)
        guard isolation != nil || Requirement(name: name) != nil else {
          throw UsageError(
            message: "--require takes one of \(Requirement.names.joined(separator: ", ")) or P0 to"
              + " P16, and of transactions \(levels.joined(separator: ", ")), not '\(name)'"
              + suggestion(for: name, among: Requirement.names + levels))
        }
        names.append((name, isolation))
      }
    }
    return names
  }

  /// The levels of isolation among the values of `--require`, in their order, each once.
  func isolationLevels() throws(UsageError) -> [IsolationLevel] {
    try requiredNames().compactMap(\.isolation).reduce(into: []) { levels, level in
      if !levels.contains(level) { levels.append(level) }
    }
  }

  /// The other values of `--require`, in their order, each once.
  func requirements(isStalenessBounded: Bool) throws(UsageError) -> [Requirement] {
    var requirements: [Requirement] = []
    for (name, _) in try requiredNames() {
      guard let requirement = Requirement(name: name), !requirements.contains(requirement) else {
        continue
      }
      requirements.append(requirement)
    }
    let bounded = Requirement.property(.boundedStaleness)
    if requirements.contains(bounded) {
      guard isStalenessBounded else {
        throw UsageError(message: "\(bounded.name) needs a bound: --max-staleness 2s or 3versions")
      }
    } else if isStalenessBounded {
      if requirements.isEmpty { requirements.append(.level(.zookeeper)) }
      requirements.append(bounded)
    }
    return requirements
  }

  /// The values of `--max-staleness`, a time and a number of versions at most.
  func stalenessBound() throws(UsageError) -> StalenessBound? {
    let texts = all("--max-staleness").flatMap { $0.split(separator: ",").map(String.init) }
    guard has("--max-staleness") else { return nil }
    var bound = StalenessBound()
    for text in texts {
      let digits = text.prefix { $0.isASCII && $0.isNumber }
      let unit = text.dropFirst(digits.count)
      if unit == "versions" || unit == "version", let versions = Int32(digits) {
        bound.versions = versions
      } else {
        do {
          let duration = try parseDuration(text).components
          bound.nanoseconds =
            duration.seconds * 1_000_000_000 + duration.attoseconds / 1_000_000_000
        } catch {
          throw UsageError(message: "--max-staleness takes 2s, 500ms or 3versions, not '\(text)'")
        }
      }
    }
    guard bound != StalenessBound() else {
      throw UsageError(message: "--max-staleness takes 2s, 500ms or 3versions, not ''")
    }
    return bound
  }
}
