import Glibc
import LinnaeusBase
import Testing

@testable import Storage

/// Disks that refuse.
@Suite struct FailureTests {
  @Test("After any failed operation nothing untrue is told, and a log is not synced again")
  func everyOperationFails() throws {
    var stopped = 0
    var abandoned = 0
    for workload in 1...UInt64(Effort.scaled(1)) {
      let options = CrashTests.options(workload)
      var fork = ServerModel(options: options, seed: workload)
      for _ in 0..<400 {
        var server = fork
        server.disk.failure = (server.disk.executed, EIO)
        CrashTests.run(&server, untilOperation: .max, steps: 60)
        if server.storage.failure == nil { server.settle() }
        if server.storage.failure != nil {
          stopped += 1
          let told = server.told
          CrashTests.run(&server, untilOperation: .max, steps: 60)
          server.settle()
          #expect(server.told == told, "workload \(workload)")
          #expect(!server.storage.wantsSnapshot)
        } else {
          if !server.abandoned.isEmpty { abandoned += 1 }
          #expect(server.told == server.history.count, "workload \(workload)")
        }
        do {
          try server.crash(.power(seed: server.random.next()))
          server.settle()
          #expect(server.told == server.history.count)
        } catch {
          Issue.record("workload \(workload), operation \(fork.disk.executed): \(error)")
        }
        let executed = fork.disk.executed
        for _ in 0..<50 where fork.disk.executed == executed { CrashTests.step(&fork) }
      }
    }
    #expect(stopped > 20)
    #expect(abandoned > 20)
  }

  @Test("A full disk stops the server, which goes on where it was once there is room")
  func fullDisk() throws {
    for capacity in stride(from: 500, to: 20_000, by: Effort.factor > 1 ? 100 : 700) {
      var server = ServerModel(options: CrashTests.options(UInt64(capacity)), seed: 5)
      server.disk.capacity = capacity
      for _ in 0..<4000 where server.storage.failure == nil { CrashTests.step(&server) }
      let failure = try #require(server.storage.failure, "capacity \(capacity)")
      #expect(failure.errno == ENOSPC)
      server.disk.capacity = .max
      try server.crash(.power(seed: UInt64(capacity)))
      server.append(size: 10)
      server.settle()
      #expect(server.told == server.history.count)
    }
  }

  @Test("Preallocation that fails is no failure")
  func noPreallocation() {
    var options = StorageOptions()
    options.preallocationBytes = 1 << 20
    var server = ServerModel(options: options, seed: 1)
    server.disk.capacity = 1 << 19
    for _ in 0..<20 {
      server.append(size: 1000)
      server.settle()
    }
    #expect(server.told == 20)
  }
}
