import Simulator

/// Makes a run that breaks a promise smaller, as long as it breaks the same one: first the faults,
/// then the operations, then clients and servers.
public struct Minimiser {
  private let plan: RunPlan
  private let promise: String
  private let deadline: ContinuousClock.Instant
  private let isInterrupted: () -> Bool
  private var schedule: RunSchedule
  /// How many runs it has tried.
  public private(set) var tries = 0
  /// Whether the time was up, or somebody interrupted, before it was done.
  public private(set) var isCutShort = false

  /// Begins with a run that breaks a promise.
  ///
  /// - Parameters:
  ///   - plan: The run.
  ///   - promise: The promise that it breaks.
  ///   - budget: How long it may take.
  ///   - isInterrupted: Asked before each try whether somebody wants an end of it.
  public init(
    _ plan: RunPlan, breaking promise: String, within budget: Duration,
    isInterrupted: @escaping () -> Bool = { false }
  ) {
    self.plan = plan
    self.promise = promise
    deadline = .now + budget
    self.isInterrupted = isInterrupted
    schedule = RunSchedule(plan.options)
  }

  /// Makes the run as small as the time allows.
  ///
  /// - Returns: The same seed and mutant with a schedule that breaks the promise.
  public mutating func minimise() -> RunPlan {
    var last: RunSchedule?
    while last != schedule, !isCutShort {
      last = schedule
      reduceFaults()
      reduceOperations()
      reduceClients()
      reduceServers()
    }
    var smaller = plan
    smaller.schedule = schedule
    return smaller
  }

  /// Whether the run breaks the promise with another schedule; nil if time is up.
  private mutating func fails(_ schedule: RunSchedule) -> Bool? {
    guard .now < deadline, !isInterrupted() else {
      isCutShort = true
      return nil
    }
    tries += 1
    var smaller = plan
    smaller.schedule = schedule
    return smaller.run().findings.contains { $0.promise == promise }
  }

  /// Takes over a smaller schedule if it fails.
  private mutating func take(_ smaller: RunSchedule) -> Bool {
    guard fails(smaller) == true else { return false }
    schedule = smaller
    return true
  }

  private mutating func reduceFaults() {
    let before = schedule
    schedule.faults = minimalFailingPart(of: before.faults) { faults in
      var smaller = before
      smaller.faults = faults
      return fails(smaller)
    }
  }

  private mutating func reduceOperations() {
    let before = schedule
    schedule.operations = smallFailingNumber(before.operations, from: 1) { operations in
      var smaller = before
      smaller.operations = operations
      return fails(smaller)
    }
  }

  private mutating func reduceClients() {
    let before = schedule
    let clients = smallFailingNumber(before.clients, from: 1) { fails(before.resized(clients: $0)) }
    schedule = before.resized(clients: clients)
  }

  private mutating func reduceServers() {
    while schedule.observers > 0, take(schedule.resized(observers: schedule.observers - 1)) {}
    // An ensemble stays one, and of an odd number, as most are.
    while schedule.voters > 3, take(schedule.resized(voters: (schedule.voters - 2) | 1)) {}
  }
}
