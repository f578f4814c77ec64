import Experiments
import LinnaeusBase
import OperationHistory
import Simulator

/// How a mutant was caught, if it was.
///
/// Its seeds are run by a process of their own, for a server that is broken may trap, or never end.
struct MutantTrial: Sendable {
  /// What saw a mutant.
  struct Catch: Sendable {
    /// The first seed that showed it.
    var seed: UInt64
    /// Which promise was broken.
    var promise: String
    /// Whether the same seed is clean without the mutant.
    var isCleanWithout: Bool
  }

  let mutant: Mutant
  /// How many seeds were tried, the one that caught it included.
  private(set) var seeds = 0
  /// How many operations their clients completed.
  private(set) var operations = 0
  /// What saw it; nil if nothing did.
  private(set) var caught: Catch?
  private(set) var seconds = 0.0
  /// Whether it was given up before its end.
  private(set) var isInterrupted = false

  /// So long may one seed take.
  private static let patienceMilliseconds: Int32 = 60_000

  /// Tries seeds until one catches the mutant.
  ///
  /// - Parameters:
  ///   - mutant: The mutant.
  ///   - verb: What the user asked for.
  ///   - isInterrupted: Whether to give up.
  /// - Throws: If there can be no process.
  init(
    _ mutant: Mutant, _ verb: SimulateVerb, isInterrupted: () -> Bool
  ) throws(SystemError) {
    self.mutant = mutant
    let range = verb.seeds
    let child = try ProgramOutput(
      ["simulate", "--mutant", mutant.name, "--seeds", "\(range.lowerBound)..\(range.upperBound)"]
        + verb.fixed + ["--jobs", "1", "--format", "json", "--no-minimise"])
    var next = range.lowerBound
    var broken: (seed: UInt64, promise: String)?
    read: while true {
      switch child.nextLine(withinMilliseconds: Self.patienceMilliseconds, unless: isInterrupted) {
      case .line(let line):
        guard let run = Run(line) else { continue }
        seeds += 1
        operations += run.operations
        next = run.seed &+ 1
        if broken == nil { broken = run.promise.map { (run.seed, $0) } }
      case .end: break read
      case .silence:
        if isInterrupted() { self.isInterrupted = true } else { broken = (next, "runs end") }
        child.kill()
        break read
      }
    }
    let (ending, passed) = child.wait()
    seconds = passed
    if case .signal(let number) = ending, broken == nil, !self.isInterrupted {
      broken = (next, "servers do not trap (signal \(number))")
    }
    if let broken {
      if broken.seed == next { seeds += 1 }
      let sound = verb.plan(broken.seed, nil).run()
      caught = Catch(seed: broken.seed, promise: broken.promise, isCleanWithout: sound.isClean)
    }
  }

  /// A run as the process told it.
  private struct Run {
    var seed: UInt64
    var operations: Int
    var promise: String?

    /// Reads its line; nil if it is something else.
    init?(_ line: [UInt8]) {
      guard let value = line.withUnsafeBytes({ try? parseJSON($0) }),
        case .integer(let seed)? = value["seed"],
        case .integer(let operations)? = value["counters"]?["completedOperations"]
      else { return nil }
      self.seed = UInt64(seed)
      self.operations = Int(operations)
      if case .list(let violations)? = value["violations"],
        case .string(let promise)? = violations.first?["promise"]
      {
        self.promise = promise
      }
    }
  }
}

extension Value {
  /// The value of a map's field.
  fileprivate subscript(name: String) -> Value? {
    guard case .map(let fields) = self else { return nil }
    return fields.first { $0.name == .string(name) }?.value
  }
}
