import OperationHistory

/// What of a znode a reply depends on: the chain of its changes that the reply is placed in.
enum ChangeChain: Int, CaseIterable {
  /// Whether there is a znode.
  case existence
  /// Its data, written again or not.
  case value
  /// Its data, and how often and when it was written.
  case data
  /// Its access list.
  case access
  /// All of these.
  case everything
  /// Its children.
  case children
}

/// Some of the chains.
struct ChangeChains: OptionSet {
  let rawValue: UInt8

  init(rawValue: UInt8) { self.rawValue = rawValue }

  init(_ chain: ChangeChain) { rawValue = 1 << UInt8(chain.rawValue) }

  static let existence = Self(.existence)
  static let value = Self(.value)
  static let data = Self(.data)
  static let access = Self(.access)
  static let everything = Self(.everything)
  static let children = Self(.children)
  static let all: Self = [.existence, .value, .data, .access, .everything, .children]
}

/// The changes of every path, chain by chain, in zxid order.
struct ChangeLog {
  /// The first and the last change of a chain, by number; -1 for none.
  private struct Ends {
    var last = InlineArray<6, Int32>(repeating: -1)
    var first = InlineArray<6, Int32>(repeating: -1)
  }

  /// The zxid of each change.
  private(set) var zxids: [Int64] = []
  /// The request that made it; -1 if none is known to.
  private(set) var requests: [Int32] = []
  /// The next change of the chain; -1 for none.
  private(set) var next: [Int32] = []
  private var ends: [Ends]
  private let kept: ChangeChains

  /// A log of so many paths that keeps only those chains.
  init(pathCount: Int, chains: ChangeChains) {
    ends = Array(repeating: Ends(), count: pathCount)
    kept = chains
  }

  /// Adds a change to chains of a path.
  mutating func add(_ chains: ChangeChains, of path: Int32, zxid: Int64, request: Int32) {
    let chains = chains.intersection(kept)
    for chain in ChangeChain.allCases where chains.contains(ChangeChains(chain)) {
      add(chain.rawValue, of: Int(path), zxid: zxid, request: request)
    }
  }

  private mutating func add(_ chain: Int, of path: Int, zxid: Int64, request: Int32) {
    let last = ends[path].last[chain]
    let number = Int32(zxids.count)
    if last < 0 {
      ends[path].first[chain] = number
    } else {
      // A transaction that changes a path twice changes it once for readers.
      guard zxids[Int(last)] != zxid else { return }
      next[Int(last)] = number
    }
    ends[path].last[chain] = number
    zxids.append(zxid)
    requests.append(request)
    next.append(-1)
  }

  /// The last change so far; -1 for none.
  func last(_ chain: ChangeChain, of path: Int32) -> Int32 {
    ends[Int(path)].last[chain.rawValue]
  }

  /// The change after one that was the last when it was asked for.
  func following(_ change: Int32, _ chain: ChangeChain, of path: Int32) -> Int32 {
    change < 0 ? ends[Int(path)].first[chain.rawValue] : next[Int(change)]
  }
}
