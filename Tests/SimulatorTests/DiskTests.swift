import Glibc
import LinnaeusBase
import Storage
import Testing

@testable import Simulator

/// Disks that lose what they may lose, and nothing else.
@Suite struct DiskTests {
  private static let number = FileNumber(rawValue: 1)
  private static let file = StoredFile(.log, "log.1")

  /// A file with synced and unsynced bytes, after the power has failed.
  private static func afterPowerLoss(seed: UInt64, _ disk: inout SimulatedDisk) -> [UInt8] {
    var random = SeededRandom(seed: seed)
    func run(_ operation: DiskOperation) {
      #expect(disk.execute(operation, &random) == nil)
    }
    run(.create(file, number))
    run(.preallocate(number, upTo: 8_192))
    run(.write(number, offset: 0, bytes: [UInt8](repeating: 1, count: 700)))
    run(.sync(number, Ticket(rawValue: 1)))
    run(.syncDirectory(.log, Ticket(rawValue: 2)))
    run(.write(number, offset: 700, bytes: [UInt8](repeating: 2, count: 1_500)))
    run(.write(number, offset: 2_200, bytes: [UInt8](repeating: 3, count: 1_500)))
    disk.losePower(&random)
    return (try? disk.read(file, 0, 10_000)) ?? []
  }

  @Test("What was synced survives; what was not may vanish, stay, stop short, or tear")
  func tearing() {
    var tears = [Int](repeating: 0, count: TearKind.allCases.count)
    var hasHole = false
    for seed in 1...200 as ClosedRange<UInt64> {
      var disk = SimulatedDisk()
      let bytes = Self.afterPowerLoss(seed: seed, &disk)
      #expect(bytes.count == 8_192, "seed \(seed): \(bytes.count) bytes")
      #expect(bytes.prefix(700).allSatisfy { $0 == 1 }, "seed \(seed): synced bytes are gone")
      for (place, byte) in bytes.enumerated().dropFirst(700) {
        let written: UInt8 = place < 2_200 ? 2 : place < 3_700 ? 3 : 0
        #expect(byte == 0 || byte == written, "seed \(seed): byte \(place) was never written")
      }
      if bytes[1_000] == 0, bytes[3_600] == 3 { hasHole = true }
      for (kind, count) in disk.tears.enumerated() { tears[kind] += count }
    }
    #expect(tears.allSatisfy { $0 > 10 }, "\(tears)")
    #expect(hasHole, "no later sector survives an earlier one")
  }

  @Test("A name that was not synced may be lost or stay, one that was stays")
  func names() {
    var outcomes: Set<[String]> = []
    for seed in 1...100 as ClosedRange<UInt64> {
      var random = SeededRandom(seed: seed)
      var disk = SimulatedDisk()
      let snapshot = StoredFile(.snapshot, "a")
      for operation in [
        .create(Self.file, Self.number), .syncDirectory(.log, Ticket(rawValue: 1)),
        .create(snapshot, FileNumber(rawValue: 2)),
        .rename(snapshot, to: StoredFile(.snapshot, "b")), .remove(Self.file),
      ] as [DiskOperation] {
        #expect(disk.execute(operation, &random) == nil)
      }
      disk.losePower(&random)
      outcomes.insert(disk.files.map(\.file.name))
    }
    #expect(
      outcomes.isSuperset(of: [["log.1"], ["b"], ["a", "log.1"], ["b", "log.1"]]), "\(outcomes)")
  }

  @Test("The end of a process loses nothing; a full disk takes what fits")
  func process() throws {
    var random = SeededRandom(seed: 1)
    var disk = SimulatedDisk()
    _ = disk.execute(.create(Self.file, Self.number), &random)
    _ = disk.execute(.write(Self.number, offset: 0, bytes: [1, 2, 3]), &random)
    disk.endProcess()
    #expect(try disk.read(Self.file, 0, 10) == [1, 2, 3])
    #expect(disk.execute(.open(Self.file, FileNumber(rawValue: 2)), &random) == nil)
    disk.capacity = 5
    let write = DiskOperation.write(FileNumber(rawValue: 2), offset: 3, bytes: [4, 5, 6, 7])
    #expect(disk.execute(write, &random) == ENOSPC)
    #expect(try disk.read(Self.file, 0, 10) == [1, 2, 3, 4, 5])
    let sync = DiskOperation.sync(FileNumber(rawValue: 2), Ticket(rawValue: 1))
    #expect(disk.execute(sync, &random) == ENOSPC, "what failed must not be synced")
  }
}
