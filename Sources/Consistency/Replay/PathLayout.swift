import OperationHistory

/// How the paths of a history lie in one another, and what is known of them at its beginning.
struct PathLayout {
  /// The parent of each path, the root included; -1 if no request names it.
  private(set) var parents: [Int32] = []
  /// The paths below each path.
  private(set) var children: [[Int32]] = []
  /// The last component of each path.
  private(set) var names: [NameHash] = []
  private(set) var initialZnodes: [ReplayedZnode] = []
  /// The path of each text.
  private(set) var numbers: [ArraySlice<UInt8>: Int32] = [:]
  /// Sequential creates whose answers were lost, in the order of their paths: each has one behind
  /// all others, for the name that nobody was told.
  private(set) var nameless: [(request: Int32, part: Int)] = []

  init(_ columns: ZooKeeperHistory) {
    let texts = columns.paths.map { columns.history.values.string($0) ?? [] }
    numbers.reserveCapacity(texts.count)
    for (index, text) in texts.enumerated() { numbers[text] = Int32(index) }
    parents.reserveCapacity(texts.count)
    names.reserveCapacity(texts.count)
    for text in texts {
      let slash = text.lastIndex(of: UInt8(ascii: "/")) ?? text.startIndex
      names.append(NameHash(text[slash...].dropFirst()))
      if text.count <= 1 {
        parents.append(-1)
      } else {
        parents.append(numbers[slash == text.startIndex ? text[...slash] : text[..<slash]] ?? -1)
      }
    }
    addNameless(columns)
    children = Array(repeating: [], count: parents.count)
    for (path, parent) in parents.enumerated() where parent >= 0 {
      children[Int(parent)].append(Int32(path))
    }
    let isEmptyAtFirst = Self.isEmptyAtFirst(columns.history)
    initialZnodes = texts.map { text in
      Self.isZooKeepersOwn(text) || !isEmptyAtFirst ? ReplayedZnode() : .absent
    }
    initialZnodes += Array(repeating: .absent, count: nameless.count)
  }

  private mutating func addNameless(_ columns: ZooKeeperHistory) {
    for request in columns.kinds.indices
    where columns.history.operations[request].outcome == .info {
      for part in columns.parts(of: request)
      where columns.partKinds[part] == .create && columns.pathOf[part] < 0 {
        guard let prefix = columns.history.values.string(columns.prefixes[part]),
          let slash = prefix.lastIndex(of: UInt8(ascii: "/"))
        else { continue }
        nameless.append((Int32(request), part))
        names.append(NameHash())
        let parent = slash == prefix.startIndex ? prefix[...slash] : prefix[..<slash]
        parents.append(numbers[parent] ?? -1)
      }
    }
  }

  /// Whether a path is there before anybody asks for it.
  private static func isZooKeepersOwn(_ path: ArraySlice<UInt8>) -> Bool {
    let own = Array("/zookeeper".utf8)
    guard path.count > 1 else { return true }
    let rest = path.dropFirst(own.count)
    return path.starts(with: own) && (rest.isEmpty || rest.first == UInt8(ascii: "/"))
  }

  /// Whether the header says that there was nothing but ZooKeeper's own znodes, or says nothing.
  private static func isEmptyAtFirst(_ history: History) -> Bool {
    guard case .map(let initial)? = history.headerField("initial") else { return true }
    return initial.allSatisfy { field in
      field.name == .string("/") && field.value == .list([.string("zookeeper")])
    }
  }
}

/// The sums of the lists of children that replies hold, each reckoned once.
struct ListCache {
  private var known: [ValueID: (sum: NameSum, count: Int32)] = [:]

  /// The sum of a list of names; nil if it is none.
  mutating func sum(
    _ list: ValueID, _ columns: ZooKeeperHistory
  ) -> (sum: NameSum, count: Int32)? {
    if let sum = known[list] { return sum }
    guard let elements = columns.history.values.list(list) else { return nil }
    let sum = NameSum(elements.lazy.map { NameHash(columns.history.values.string($0) ?? []) })
    known[list] = (sum, Int32(elements.count))
    return known[list]
  }
}
