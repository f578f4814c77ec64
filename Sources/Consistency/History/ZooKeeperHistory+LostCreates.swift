import OperationHistory

extension ZooKeeperHistory {
  /// Adds to the paths those that only lists of children name, and that a sequential create whose
  /// answer was lost may have made.
  mutating func nameLostCreates() {
    let prefixes = lostPrefixes()
    guard !prefixes.isEmpty else { return }
    var known = Set(paths)
    var listsSeen: Set<ListOfPath> = []
    for part in partKinds.indices where partKinds[part] == .getChildren && pathOf[part] >= 0 {
      let list = ListOfPath(path: pathOf[part], list: values[part])
      guard let parent = history.values.string(paths[Int(pathOf[part])]),
        let names = history.values.list(values[part]), listsSeen.insert(list).inserted
      else { continue }
      for name in names {
        guard let name = history.values.string(name) else { continue }
        let path = Array(parent.count == 1 ? [] : parent) + [UInt8(ascii: "/")] + name
        guard Self.sequentialPrefixes(of: path[...]).contains(where: prefixes.contains) else {
          continue
        }
        let value = history.values.intern(.string(String(decoding: path, as: UTF8.self)))
        guard value != .absent, known.insert(value).inserted else { continue }
        paths.append(value)
        parents.append(pathOf[part])
      }
    }
  }

  private struct ListOfPath: Hashable {
    var path: Int32
    var list: ValueID
  }

  private func lostPrefixes() -> Set<ArraySlice<UInt8>> {
    var prefixes: Set<ArraySlice<UInt8>> = []
    for request in kinds.indices where history.operations[request].outcome == .info {
      for part in parts(of: request) where partKinds[part] == .create && pathOf[part] < 0 {
        if let prefix = history.values.string(self.prefixes[part]) { prefixes.insert(prefix) }
      }
    }
    return prefixes
  }

  /// What a name begins with if it ends in the number of ten characters that ZooKeeper appends
  /// (eleven for the least of all numbers).
  static func sequentialPrefixes(of path: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    [10, 11].compactMap { length in
      let suffix = path.suffix(length)
      let digits = suffix.first == UInt8(ascii: "-") ? suffix.dropFirst() : suffix
      let isNumber = suffix.count == length && digits.allSatisfy { $0 &- UInt8(ascii: "0") <= 9 }
      return isNumber ? path.dropLast(length) : nil
    }
  }
}
