import LinnaeusBase
import Testing

@testable import Storage

/// Transactions that are read again from the logs.
@Suite struct LoggedTransactionsTests {
  static func zxid(_ epoch: UInt32, _ counter: UInt32) -> Zxid {
    MemberTests.zxid(epoch, counter)
  }

  static func read(
    _ bench: MemberTests.Bench, after first: Zxid, through last: Zxid, atMost limit: Int = 10_000
  ) throws -> [Zxid]? {
    var found: [Zxid] = []
    let isWhole = try DurableStorage.transactions(
      after: first, through: last, files: bench.disk.files, read: bench.disk.read, atMost: limit
    ) { zxid, payload in
      #expect(LogRecord.zxid(of: payload) == zxid)
      found.append(zxid)
    }
    return isWhole ? found : nil
  }

  static let all = [
    zxid(1, 1), zxid(1, 2), zxid(1, 3), zxid(1, 4), zxid(2, 1), zxid(2, 2),
  ]

  /// The same transactions, with a log that begins after each of some snapshots.
  static func bench(snapshots: [Int]) -> MemberTests.Bench {
    var bench = MemberTests.Bench()
    _ = bench.settle()
    for (index, zxid) in all.enumerated() {
      bench.append([zxid])
      _ = bench.settle()
      if snapshots.contains(index + 1) { bench.snapshot(zxid) }
    }
    return bench
  }

  @Test(
    "From each transaction to each later one, they are all there",
    arguments: [[], [1], [2, 3], [1, 2, 3, 5], [2, 4]])
  func all(_ snapshots: [Int]) throws {
    let bench = Self.bench(snapshots: snapshots)
    // Where a file ends with an epoch nobody sees whether another one was between it and the next.
    let border = snapshots.contains(4) ? 4 : nil
    for (index, first) in ([.zero] + Self.all).enumerated() {
      for count in index...Self.all.count {
        let expected = Array(Self.all[index..<count])
        let crosses = border.map { index <= $0 && count > $0 } ?? false
        #expect(
          try Self.read(bench, after: first, through: expected.last ?? first)
            == (crosses ? nil : expected), "from \(first) on, \(count)")
      }
    }
    // A state with which a leader began.
    #expect(
      try Self.read(bench, after: Self.zxid(2, 0), through: Self.zxid(2, 2))
        == [Self.zxid(2, 1), Self.zxid(2, 2)])
  }

  @Test("The end of an epoch that is gone with its file is missed")
  func missing() throws {
    // A purge's removals reach the disk in any order: that of the snapshot before may get lost.
    var bench = Self.bench(snapshots: [3, 4])
    bench.disk.drop(.snapshot(Self.zxid(1, 4)))
    bench.disk.drop(.log(Self.zxid(1, 4)))
    bench.disk.drop(.log(Self.zxid(1, 1)))
    #expect(try Self.read(bench, after: Self.zxid(1, 3), through: Self.zxid(2, 2)) == nil)
  }

  @Test("What is not there, not of this past, or too much is not given")
  func none() throws {
    var bench = MemberTests.bench()
    for (first, last) in [
      (Self.zxid(1, 5), Self.zxid(2, 2)), (Self.zxid(0, 5), Self.zxid(2, 2)),
      (Self.zxid(1, 1), Self.zxid(2, 3)), (Self.zxid(2, 1), Self.zxid(1, 2)),
    ] {
      #expect(try Self.read(bench, after: first, through: last) == nil, "\(first) \(last)")
    }
    let size = 32 + 21
    #expect(
      try Self.read(bench, after: Self.zxid(1, 1), through: Self.zxid(1, 3), atMost: size * 2)
        != nil)
    #expect(
      try Self.read(bench, after: Self.zxid(1, 1), through: Self.zxid(1, 3), atMost: size * 2 - 1)
        == nil)
    bench.disk.drop(.log(Self.zxid(1, 3)))
    #expect(try Self.read(bench, after: Self.zxid(1, 1), through: Self.zxid(2, 2)) == nil)
    #expect(try Self.read(bench, after: Self.zxid(2, 1), through: Self.zxid(2, 2))?.count == 1)
    // A snapshot without the log before it is a past as well; the log's absence is not.
    var other = Self.bench(snapshots: [2])
    other.disk.drop(.log(Self.zxid(1, 1)))
    #expect(try Self.read(other, after: Self.zxid(1, 2), through: Self.zxid(2, 2))?.count == 4)
    other.disk.drop(.snapshot(Self.zxid(1, 2)))
    #expect(try Self.read(other, after: Self.zxid(1, 2), through: Self.zxid(2, 2)) == nil)
  }
}
