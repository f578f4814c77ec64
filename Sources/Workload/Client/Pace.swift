import LinnaeusBase

/// When a client starts its next step.
struct Pace: Sendable {
  private let options: WorkloadOptions
  private var random: SeededRandom
  private var next = Instant(nanoseconds: 0)
  private var isStarted = false
  private var stepsLeft: Int
  /// In an open loop, how many steps are due and have not begun.
  private var backlog = 0

  /// A client that is so far behind leaves out steps, or its backlog would grow for ever.
  private static let largestBacklog = 1_000

  init(options: WorkloadOptions, random: SeededRandom) {
    self.options = options
    self.random = random
    stepsLeft = options.steps ?? Int.max
  }

  var isExhausted: Bool { stepsLeft <= 0 }

  /// When the next step is due; nil if it is not time that it waits for.
  func nextStep(outstanding: Int) -> Instant? {
    guard options.mix.total > 0, !isExhausted else { return nil }
    switch options.arrivals {
    case .closedLoop: return outstanding < options.depth ? next : nil
    case .openLoop: return next
    }
  }

  /// Begins a step if one is due.
  mutating func takeStep(now: Instant, outstanding: Int) -> Bool {
    guard options.mix.total > 0, !isExhausted else { return false }
    switch options.arrivals {
    case .closedLoop:
      guard outstanding < options.depth, now >= next else { return false }
    case .openLoop(let rate):
      if !isStarted {
        (isStarted, next) = (true, now)
        next = Instant(nanoseconds: now.nanoseconds + interval(rate))
      }
      while now >= next {
        backlog = min(backlog + 1, Self.largestBacklog)
        next = Instant(nanoseconds: next.nanoseconds + interval(rate))
      }
      guard backlog > 0, outstanding < options.depth else { return false }
      backlog -= 1
    }
    stepsLeft -= 1
    return true
  }

  /// Whole numbers only: logarithms are not the same on every machine.
  private mutating func interval(_ rate: Double) -> Int64 {
    let mean = max(1, Int(1e9 / max(rate, 1e-3)))
    return Int64(1 + random.below(2 * mean))
  }

  /// An operation has ended, after which the client thinks.
  mutating func stepEnded(now: Instant) {
    guard case .closedLoop(let think) = options.arrivals, think > 0 else { return }
    let pause = think / 2 + Int64(random.below(Int(think) + 1))
    next = Instant(nanoseconds: now.nanoseconds + pause)
  }
}
