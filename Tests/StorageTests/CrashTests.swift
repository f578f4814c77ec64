import LinnaeusBase
import Testing

@testable import Storage

/// Crashes at every operation of the disk, and again while the server starts and goes on.
@Suite struct CrashTests {
  /// Options of a workload: everything small, so that logs roll, snapshots end and files grow often.
  static func options(_ seed: UInt64) -> StorageOptions {
    var random = SeededRandom(seed: seed &* 977)
    var options = StorageOptions()
    options.preallocationBytes = [0, 4096, 8192, 16384][random.below(4)]
    options.batchBytes = [700, 3000, 9000][random.below(3)]
    options.logSizeLimitBytes = [0, 2000, 6000][random.below(3)]
    options.snapshotEveryTransactions = [6, 12, 30][random.below(3)]
    options.snapshotSyncBytes = 600
    options.snapshotWriteBytes = 400
    options.smallestRetention = 1
    options.retainedSnapshots = 1 + random.below(3)
    options.writesLastProcessedZxid = random.chance(1, in: 3)
    options.seed = seed
    return options
  }

  /// One step of the workload.
  static func step(_ server: inout ServerModel) {
    switch server.random.below(16) {
    case 0, 1:
      for _ in 0...server.random.below(5) {
        server.append(size: server.random.below(server.random.chance(1, in: 4) ? 2500 : 200))
      }
    case 2, 3: server.flush()
    case 4: server.beginSnapshot()
    case 5, 6, 7: server.continueSnapshot()
    case 8, 9: server.tellNext()
    default: server.executeNext()
    }
  }

  /// Runs until the disk has executed so many operations, or so many steps were made.
  static func run(_ server: inout ServerModel, untilOperation limit: Int, steps: Int = 700) {
    for _ in 0..<steps where server.disk.executed < limit { step(&server) }
  }

  /// Crashes a server, and three times more while it starts and goes on; nothing told may be lost.
  static func crash(_ server: ServerModel, tear: UInt64) throws {
    var server = server
    var random = SeededRandom(seed: tear &* 31 &+ UInt64(server.disk.executed))
    for _ in 0..<4 {
      let kind: SimulatedDisk.Crash =
        random.chance(1, in: 5) ? .process : .power(seed: random.next())
      try server.crash(kind)
      run(&server, untilOperation: server.disk.executed + random.below(40), steps: 200)
    }
    server.settle()
    try server.crash(.power(seed: random.next()))
    server.settle()
    if server.told != server.history.count { throw Loss(message: "the end was never told") }
  }

  /// Crashes before each operation of a workload, and returns how many there were.
  static func crashEverywhere(
    workload: UInt64, tears: Range<UInt64>, mutant: Mutant? = nil
  ) throws -> Int {
    var server = ServerModel(options: options(workload), seed: workload, mutant: mutant)
    var last = -1
    for _ in 0..<700 {
      if server.disk.executed > last {
        last = server.disk.executed
        for tear in tears {
          do { try crash(server, tear: tear) } catch {
            throw Loss(
              message: "workload \(workload), operation \(last), tear \(tear): \(error)")
          }
        }
      }
      step(&server)
    }
    return last
  }

  @Test("Nothing acknowledged is lost, whichever operation the crash comes before")
  func everyOperation() throws {
    for workload in 1...UInt64(Effort.scaled(2)) {
      let operations = try Self.crashEverywhere(workload: workload, tears: 0..<2)
      #expect(operations > 60, "workload \(workload) does next to nothing")
    }
  }

  @Test("What is left out is noticed", arguments: Mutant.allCases)
  func mutants(_ mutant: Mutant) {
    for workload in 1...20 as ClosedRange<UInt64> {
      do {
        _ = try Self.crashEverywhere(workload: workload, tears: 0..<1, mutant: mutant)
      } catch {
        return
      }
    }
    Issue.record("\(mutant) was not noticed")
  }
}
