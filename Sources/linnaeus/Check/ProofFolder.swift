import LinnaeusBase

/// Where a run's proofs go.
struct Proofs: Sendable {
  /// The certificates; nil if none are asked for.
  var certificates: ProofFolder?
  /// The cycles for Graphviz; nil if they are not asked for.
  var graphs: ProofFolder?
}

/// Where the proofs of one kind go: one file, or a folder with one file a history.
struct ProofFolder: Sendable {
  private let paths: [String]

  /// Makes the folder if there are several histories, or if the path ends in `/`.
  init(_ path: String, inputs: [InputFile], suffix: String) throws(SystemError) {
    guard inputs.count != 1 || path.hasSuffix("/") || System.isFolder(path) == true else {
      paths = [path]
      return
    }
    var folder = path
    while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
    try System.makeFolder(folder)
    var taken: Set<String> = []
    var paths: [String] = []
    for input in inputs {
      var name = input.shortName + suffix
      var number = 2
      while !taken.insert(name).inserted {
        name = "\(input.shortName)-\(number)\(suffix)"
        number += 1
      }
      paths.append(folder + "/" + name)
    }
    self.paths = paths
  }

  /// Writes the proof of the file of that number.
  func write(_ proof: [UInt8], for index: Int) throws(SystemError) {
    let path = paths[index]
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try System.makeFolder(String(path[..<slash]))
    }
    try System.write(proof, toFile: path)
  }
}
