import ClientSession
import LinnaeusBase
import OperationHistory
import Testing

@testable import Workload

@Suite("Recipes at work")
struct RecipeRunTests {
  /// A line of a recipe.
  struct Line {
    var function: String
    var process: Int64
    var lock: String
    var token: Int64
    var isAccepted: Bool
    var time: Int64
  }

  static func lines(_ history: History) -> [Line] {
    history.annotations.compactMap { annotation in
      guard case .map(let fields) = annotation.value else { return nil }
      var line = Line(
        function: "", process: -1, lock: "", token: 0, isAccepted: true, time: 0)
      var isRecipe = false
      for field in fields {
        switch (field.name, field.value) {
        case (.string("f"), .string(let name)):
          line.function = name
          isRecipe = ["acquired", "released", "effect"].contains(name)
        case (.string("process"), .integer(let process)): line.process = process
        case (.string("lock"), .string(let lock)), (.string("resource"), .string(let lock)):
          line.lock = lock
        case (.string("token"), .string(let text)):
          line.token = Int64(text.dropFirst(2), radix: 16) ?? -1
        case (.string("accepted"), .boolean(let isAccepted)): line.isAccepted = isAccepted
        case (.string("time"), .integer(let time)): line.time = time
        default: break
        }
      }
      return isRecipe ? line : nil
    }
  }

  private func options(_ mix: WorkloadMix) -> WorkloadOptions {
    var options = WorkloadOptions()
    options.clients = 4
    options.steps = 40
    options.mix = mix
    options.patienceNanoseconds = 20_000_000
    options.arrivals = .closedLoop(thinkNanoseconds: 3_000_000)
    options.session.timeoutMilliseconds = 2_000
    return options
  }

  @Test("Without faults one client at a time holds the lock, and tokens grow")
  func calmLock() throws {
    for seed in 1...4 as ClosedRange<UInt64> {
      var world = TinyWorld(options([.lock: 3, .election: 2, .get: 5]), seed: seed)
      #expect(try world.run(untilNanoseconds: 1_000_000_000_000), "seed \(seed)")
      let lines = Self.lines(try world.history())
      for lock in ["/lock", "/election"] {
        var holder: Int64?
        var last: Int64 = 0
        var count = 0
        for line in lines where line.lock == lock {
          switch line.function {
          case "acquired":
            #expect(holder == nil, "seed \(seed): two hold \(lock)")
            #expect(line.token > last, "seed \(seed): a token does not grow")
            (holder, last) = (line.process, line.token)
            count += 1
          case "released":
            #expect(holder == line.process, "seed \(seed)")
            holder = nil
          default: #expect(line.isAccepted && line.token == last, "seed \(seed)")
          }
        }
        #expect(count >= 5, "seed \(seed): \(lock) was acquired \(count) times")
        #expect(holder == nil, "seed \(seed)")
      }
    }
  }

  @Test("Under faults what a fencing resource accepts has tokens that do not fall")
  func fencing() throws {
    var refused = 0
    var overlaps = 0
    for seed in 1...12 as ClosedRange<UInt64> {
      var world = TinyWorld(
        options([.lock: 5, .get: 5]), seed: seed,
        faults: .init(breaks: 80, expires: 100, pauses: 60))
      #expect(try world.run(untilNanoseconds: 1_000_000_000_000), "seed \(seed)")
      var highest: Int64 = 0
      var holders: Set<Int64> = []
      for line in Self.lines(try world.history()) {
        switch line.function {
        case "acquired":
          overlaps += holders.isEmpty ? 0 : 1
          holders.insert(line.process)
        case "released": holders.remove(line.process)
        default:
          refused += line.isAccepted ? 0 : 1
          #expect(!line.isAccepted || line.token >= highest, "seed \(seed)")
          if line.isAccepted { highest = line.token }
        }
      }
    }
    // Clients that were away believed in a lock that was somebody else's already.
    #expect(overlaps > 0)
    #expect(refused > 0)
  }

  @Test(
    "Without faults the counter counts everything, and what was put into the queue is taken once")
  func countersAndQueues() throws {
    for seed in 1...4 as ClosedRange<UInt64> {
      var world = TinyWorld(options([.counter: 4, .enqueue: 3, .dequeue: 3]), seed: seed)
      #expect(try world.run(untilNanoseconds: 1_000_000_000_000), "seed \(seed)")
      let history = try world.history()
      var count = 0
      var (put, taken): ([String], [String]) = ([], [])
      for operation in history.operations
      where operation.outcome == .ok && operation.error == .absent {
        guard case .string(let path) = history.values[operation.key] else { continue }
        switch history.name(of: operation) {
        case "setData" where path == "/counter": count += 1
        case "create" where path.hasPrefix("/queue/"): put.append(path)
        case "delete" where path.hasPrefix("/queue/"): taken.append(path)
        default: break
        }
      }
      #expect(
        world.server.nodes["/counter"]?.data.map { String(decoding: $0, as: UTF8.self) }
          == "\(count)")
      #expect(count > 10 && put.count > 10 && taken.count > 5, "seed \(seed)")
      #expect(Set(taken).count == taken.count, "seed \(seed)")
      let left = world.server.nodes["/queue"]?.children.count
      #expect(left == put.count - taken.count, "seed \(seed)")
    }
  }

  @Test("Readers share a lock, and barriers let pairs through")
  func others() throws {
    var world = TinyWorld(options([.readWriteLock: 5, .doubleBarrier: 4, .get: 1]), seed: 3)
    #expect(try world.run(untilNanoseconds: 1_000_000_000_000))
    var readers = 0
    var shared = 0
    for line in Self.lines(try world.history()) where line.lock == "/rwlock" {
      readers += line.function == "acquired" ? 1 : line.function == "released" ? -1 : 0
      shared = max(shared, readers)
    }
    #expect(shared > 1)
    #expect(readers == 0)
    // Nobody leaves anything behind.
    #expect(world.server.nodes["/rwlock"]?.children == [])
  }
}
