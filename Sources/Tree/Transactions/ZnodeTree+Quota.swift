import LinnaeusBase

/// The figures of a quota, as `/zookeeper/quota/…/zookeeper_limits` and `zookeeper_stats` hold them:
/// `count=4,bytes=100=;byteHardLimit=200`.
struct QuotaFigures: Equatable {
  private var pairs: [(key: [UInt8], value: Int64)] = []

  static let count = Array("count".utf8)
  static let bytes = Array("bytes".utf8)
  static let countHardLimit = Array("countHardLimit".utf8)
  static let byteHardLimit = Array("byteHardLimit".utf8)

  init() {}

  /// Longer than any text of figures that somebody means; each counted write reads it.
  private static let longestText = 1024

  /// Reads the text; nil if it is no such text.
  init?(_ text: [UInt8]) {
    guard text.count <= Self.longestText else { return nil }
    let separators: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: ";")]
    for pair in text.split(whereSeparator: { separators.contains($0) }) {
      let parts = pair.split(separator: UInt8(ascii: "="), omittingEmptySubsequences: false)
      guard parts.count >= 2, let value = parts[1].isEmpty ? -1 : number(parts[1]) else {
        return nil
      }
      self[Array(parts[0])] = value
    }
  }

  /// A figure; −1 where there is none.
  subscript(key: [UInt8]) -> Int64 {
    get { pairs.first { $0.key == key }?.value ?? -1 }
    set {
      if let place = pairs.firstIndex(where: { $0.key == key }) {
        pairs[place].value = newValue
      } else {
        pairs.append((key, newValue))
      }
    }
  }

  /// The text: count and bytes first, then the rest in order of the names.
  var text: [UInt8] {
    var text = Array("count=\(self[Self.count]),bytes=\(self[Self.bytes])".utf8)
    let rest =
      pairs.filter { $0.key != Self.count && $0.key != Self.bytes }
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }
    if !rest.isEmpty { text.append(UInt8(ascii: "=")) }
    for (key, value) in rest { text += ";".utf8 + key + "=\(value)".utf8 }
    return text
  }

  static func == (left: QuotaFigures, right: QuotaFigures) -> Bool { left.text == right.text }
}

/// Quotas are counted by the znodes below `/zookeeper/quota`: a znode `zookeeper_limits` at a path
/// sets one for that path, and `zookeeper_stats` beside it holds what is used.
extension ZnodeTree {
  static let limitName = Array("zookeeper_limits".utf8)
  static let statName = Array("zookeeper_stats".utf8)

  private func quotaPath(of path: [UInt8]) -> [UInt8]? {
    path.withBorrowedBytes { quotaPath(of: $0) }
  }

  /// The closest ancestor of a path, or the path itself, that has a quota.
  func quotaPath(of path: BorrowedBytes) -> [UInt8]? {
    guard quotas.count > 0 else { return nil }
    var rest = path
    while rest.count > 1 {
      let place = quotas.slot(of: rest)
      if place != noSlot { return quotas[place] }
      guard let slash = rest.lastSlash else { return nil }
      rest = rest[0..<slash]
    }
    return nil
  }

  /// The path whose quota a znode of this path sets or counts, and which of the two.
  private static func quota(at path: [UInt8]) -> (path: [UInt8], isLimit: Bool)? {
    guard path.count > KnownPath.quota.count, path.starts(with: KnownPath.quota) else { return nil }
    guard let slash = path.lastIndex(of: UInt8(ascii: "/")), slash > KnownPath.quota.count,
      path[KnownPath.quota.count] == UInt8(ascii: "/")
    else { return nil }
    let name = path[(slash + 1)...]
    guard name.elementsEqual(limitName) || name.elementsEqual(statName) else {
      return nil
    }
    return (Array(path[KnownPath.quota.count..<slash]), name.elementsEqual(limitName))
  }

  mutating func quotaCreated(_ slot: Int32) {
    if let quota = Self.quota(at: nodes[slot].path) {
      if quota.isLimit { _ = quotas.insert(quota.path) } else { recount(quota.path) }
    }
    addToQuota(of: nodes[slot].path, bytes: nodes[slot].data?.count ?? 0, count: 1)
  }

  mutating func quotaDeleted(_ path: [UInt8], bytes: Int) {
    if let quota = Self.quota(at: path), quota.isLimit {
      let place = quotas.slot(of: quota.path)
      if place != noSlot { quotas.remove(place) }
    }
    addToQuota(of: path, bytes: -bytes, count: -1)
  }

  mutating func quotaChanged(_ slot: Int32, bytes: Int) {
    guard quotas.count > 0 else { return }
    addToQuota(of: nodes[slot].path, bytes: bytes, count: 0)
  }

  @inline(__always)
  private mutating func addToQuota(of path: [UInt8], bytes: Int, count: Int64) {
    if quotas.count > 0 { addToExistingQuota(of: path, bytes: bytes, count: count) }
  }

  @inline(never)
  private mutating func addToExistingQuota(of path: [UInt8], bytes: Int, count: Int64) {
    guard let quota = quotaPath(of: path) else { return }
    let slot = nodes.slot(of: KnownPath.quota + quota + "/".utf8 + Self.statName)
    guard slot != noSlot, var figures = QuotaFigures(nodes[slot].data ?? []) else { return }
    figures[QuotaFigures.count] &+= count
    figures[QuotaFigures.bytes] &+= Int64(bytes)
    changeContents(of: slot, data: figures.text)
  }

  /// Counts what is under a path, itself included, into its `zookeeper_stats`.
  private mutating func recount(_ path: [UInt8]) {
    let target = nodes.slot(of: KnownPath.quota + path + "/".utf8 + Self.statName)
    guard target != noSlot else { return }
    var (count, bytes): (Int64, Int64) = (0, 0)
    let top = nodes.slot(of: path)
    var slot = top
    while slot != noSlot {
      count += 1
      bytes += Int64(nodes[slot].data?.count ?? 0)
      slot = nodes.descendant(after: slot, under: top)
    }
    var figures = QuotaFigures()
    figures[QuotaFigures.count] = count
    figures[QuotaFigures.bytes] = bytes
    changeContents(of: target, data: figures.text)
  }

  /// Finds all quotas in a tree that was restored, and counts anew.
  mutating func restoreQuotas() {
    let top = nodes.slot(of: KnownPath.quota)
    var slot = top
    while slot != noSlot {
      if let quota = Self.quota(at: nodes[slot].path), quota.isLimit {
        recount(quota.path)
        _ = quotas.insert(quota.path)
      }
      slot = nodes.descendant(after: slot, under: top)
    }
  }

  /// Whether a change would go beyond a hard limit; soft ones are only counted.
  func exceedsQuota(_ path: BorrowedBytes, bytes: Int, count: Int64) -> Bool {
    guard options.enforcesQuota, let quota = quotaPath(of: path) else { return false }
    let limitSlot = nodes.slot(of: KnownPath.quota + quota + "/".utf8 + Self.limitName)
    let statSlot = nodes.slot(of: KnownPath.quota + quota + "/".utf8 + Self.statName)
    guard limitSlot != noSlot, statSlot != noSlot,
      let limits = QuotaFigures(nodes[limitSlot].data ?? []),
      let used = QuotaFigures(nodes[statSlot].data ?? [])
    else { return false }
    let countLimit = limits[QuotaFigures.countHardLimit]
    if count != 0, countLimit > -1, used[QuotaFigures.count] &+ count > countLimit { return true }
    let byteLimit = limits[QuotaFigures.byteHardLimit]
    return bytes != 0 && byteLimit > -1 && used[QuotaFigures.bytes] &+ Int64(bytes) > byteLimit
  }
}
