import LinnaeusBase
import Simulator
import Testing
import Workload

@testable import Experiments

@Suite("Schedules")
struct ScheduleTests {
  /// Sizes that every fault of the tests fits.
  private static var sizes: RunSchedule {
    var options = SimulationOptions(seed: 1)
    options.voters = 3
    options.observers = 1
    options.workload.clients = 2
    return RunSchedule(options)
  }

  private static let text = """
    voters 3
    observers 1
    clients 2
    operations 60
    at 0 crash server=1 for=300ms
    at 0.000000001 power-loss server=4 for=2ms
    at 0.5 blackout for=40ms
    at 1 disk-strike server=2 after=3 power=lost for=7ms
    at 1 disk-strike server=2 after=0 power=kept for=7ms
    at 1.25 pause server=3 for=9000ms
    at 2 split hosts=server-1,server-4,client-2 for=1ms
    at 2 one-way-split hosts=client-1 for=1ms
    at 2 link from=server-4 to=client-1 for=5ms
    at 2 clog from=client-2 to=server-1 for=5ms
    at 2 broken host=client-2
    at 2 slow-disk server=1 factor=50 for=5ms
    at 2 full-disk server=1 bytes=100 for=5ms
    at 2 sync-error server=1
    at 3 wall-step server=2 by=-5000ms
    at 3 drift server=2 ppm=-100000
    at 4 deposed-leader for=5ms
    at 5 reconfigure voters=server-1,server-3 observers=server-4
    at 5 reconfigure voters=server-2
    at 123456.000000789 rot server=2 for=0ms

    """

  @Test("Every kind of fault is written as it is read")
  func roundTrip() throws {
    let schedule = try RunSchedule(text: Self.text, elseAs: Self.sizes)
    #expect(schedule.text == Self.text)
    #expect(Set(schedule.faults.map(\.fault.kind)).count == FaultKind.allCases.count)
    #expect(schedule.operations == 60)
  }

  @Test("What seeds draw is read back as it was")
  func drawn() throws {
    for seed in 1...UInt64(100) {
      let schedule = RunSchedule(RunPlan(seed: seed).options)
      let back = try RunSchedule(text: schedule.text, elseAs: Self.sizes)
      #expect(back == schedule, "seed \(seed)")
    }
  }

  @Test("Comments, blanks and the order of lines do not matter; sizes may be left out")
  func lenient() throws {
    let text = "  # nothing\n\nclients 1 # one\nat 2 sync-error server=1\r\nat 1 blackout for=1ms"
    let schedule = try RunSchedule(text: text, elseAs: Self.sizes)
    #expect(schedule.clients == 1)
    #expect(schedule.voters == 3)
    #expect(schedule.faults.map(\.time) == [1_000_000_000, 2_000_000_000])
  }

  @Test(
    "A line that is none is named, with what may stand there",
    arguments: [
      ("nonsense", "1: expected voters, observers, clients, operations or at, not 'nonsense'"),
      ("\nvoters 0", "2: voters takes one number from 1 to 1000000"),
      ("at 1 sync-error server=1\nclients 1", "2: clients must stand before the first fault"),
      ("at x crash", "1: expected a time"), ("at -1 crash server=1 for=1ms", "expected a time"),
      ("at 1 crush server=1", "1: expected one of crash, power-loss"),
      ("at 1 crash server=1", "for= is missing"), ("at 1 crash server", "name=value"),
      ("at 1 crash server=5 for=1ms", "server takes a number from 1 to 4, not '5'"),
      ("at 1 crash server=1 for=1s", "for takes a time like 300ms, not '1s'"),
      ("at 1 crash server=1 for=-1ms", "for takes a time"),
      ("at 1 crash server=1 for=1ms hosts=server-1", "'hosts' says nothing here"),
      ("at 1 broken host=client-3", "hosts server-1 to 4 and client-1 to 2"),
      ("at 1 disk-strike server=1 after=1 power=half for=1ms", "power takes lost or kept"),
    ])
  func errors(text: String, message: String) {
    do {
      _ = try RunSchedule(text: text, elseAs: Self.sizes)
      Issue.record("\(text) was read")
    } catch {
      #expect("\(error)".contains(message), "\(error)")
    }
  }

  @Test("With fewer hosts clients move up, and what strikes nobody any more is gone")
  func resizing() throws {
    let schedule = try RunSchedule(
      text: """
        at 1 split hosts=server-4,client-2 for=1ms
        at 1 split hosts=server-4 for=1ms
        at 1 broken host=client-1
        at 1 link from=server-1 to=server-4 for=1ms
        at 1 pause server=4 for=1ms
        at 1 pause server=1 for=1ms
        """, elseAs: Self.sizes)
    #expect(
      schedule.resized(observers: 0).text.split(separator: "\n").dropFirst(4) == [
        "at 1 split hosts=client-2 for=1ms", "at 1 broken host=client-1",
        "at 1 pause server=1 for=1ms",
      ])
    #expect(
      schedule.resized(clients: 1).faults.map(\.fault.kind) == [
        .split, .split, .broken, .link, .pause, .pause,
      ])
  }
}
