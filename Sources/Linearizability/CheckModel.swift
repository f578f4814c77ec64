import OperationHistory

/// An operation of a model of one's own, and when it was under way.
public struct TimedOperation<Operation: Hashable & Sendable>: Hashable, Sendable {
  /// The call and its result.
  public var operation: Operation
  /// When it was called, by any clock that all operations share.
  public var invocation: Int64
  /// When it returned; nil if nobody saw that: it may take effect at any time, or never.
  public var completion: Int64?

  /// Says what was done, and when.
  public init(_ operation: Operation, invocation: Int64, completion: Int64?) {
    self.operation = operation
    self.invocation = invocation
    self.completion = completion
  }
}

/// The result of a check of a model of one's own.
public struct ModelResult: Sendable {
  /// Whether the operations are linearizable.
  public var verdict: Verdict
  /// For *holds*: indices into the operations, in linearization order; one with an unknown end that
  /// is left out did not happen.
  public var order: [Int]
  /// For *unknown*: which limit was reached.
  public var limit: LimitReached?
}

/// Decides whether operations of any model are linearizable.
///
/// A test records what its clients did, and asks whether a sequential object could have answered
/// the same:
///
/// ```swift
/// let operations = [
///   TimedOperation(Register.Operation.write(1), invocation: 0, completion: 10),
///   TimedOperation(.read(0), invocation: 5, completion: 15),
///   TimedOperation(.read(1), invocation: 20, completion: 30),
/// ]
/// let result = checkLinearizability(operations, model: Register())
/// #expect(result.verdict == .holds)  // in the order 1, 0, 2
/// ```
///
/// Operation *a* precedes *b* if it returned before *b* was called: `a.completion < b.invocation`.
/// Two moments that are equal overlap. An operation that returned before it was called is treated
/// as one that returned at once.
///
/// - Parameters:
///   - operations: what was done, in any order.
///   - model: the sequential specification.
///   - options: how much may be spent.
/// - Returns: the verdict, and the order that proves *holds*.
public func checkLinearizability<M: Model>(
  _ operations: [TimedOperation<M.Operation>], model: M, options: CheckOptions = CheckOptions()
) -> ModelResult {
  // Events by time, calls before returns where times are equal: places in the real-time order.
  var events: [(time: Int64, isCompletion: Bool, index: Int)] = []
  for (index, timed) in operations.enumerated() {
    events.append((timed.invocation, false, index))
    if let completion = timed.completion {
      events.append((max(completion, timed.invocation), true, index))
    }
  }
  precondition(events.count < Int(Int32.max), "more than 2³¹ events")
  events.sort {
    ($0.time, $0.isCompletion ? 1 : 0, $0.index) < ($1.time, $1.isCompletion ? 1 : 0, $1.index)
  }
  var byInvocation: [Int] = []
  var invocations = [Int32](repeating: 0, count: operations.count)
  var completions = [Int32](repeating: .max, count: operations.count)
  for (place, event) in events.enumerated() {
    if event.isCompletion {
      completions[event.index] = Int32(place)
    } else {
      invocations[event.index] = Int32(place)
      byInvocation.append(event.index)
    }
  }
  let problem = ModelProblem(
    model: model,
    byInvocation.lazy.map { (operations[$0].operation, invocations[$0], completions[$0]) })
  let result = Portfolio(budget: options.budget).decideModel(problem)
  return ModelResult(
    verdict: result.verdict, order: result.order.map { byInvocation[Int($0)] },
    limit: result.limit)
}
