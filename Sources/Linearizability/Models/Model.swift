import OperationHistory

/// A sequential specification: what one object does when operations happen one after another.
///
/// A model is deterministic: a state and an operation's call decide the next state and the result.
/// An operation is a call together with the result that a history reports for it, so that a step
/// either leads to one state or contradicts the history.
///
/// This is a whole model, of a register that starts at zero:
///
/// ```swift
/// struct Register: Model {
///   enum Operation: Hashable, Sendable {
///     case read(Int)
///     case write(Int)
///   }
///
///   let initialState = 0
///
///   func step(_ state: Int, _ operation: Operation) -> Int? {
///     switch operation {
///     case .read(let value): value == state ? state : nil
///     case .write(let value): value
///     }
///   }
///
///   func isObservation(_ operation: Operation) -> Bool {
///     if case .read = operation { true } else { false }
///   }
/// }
/// ```
///
/// An operation whose result is unknown needs a form of its own if its effect depends on the state
/// (`case pop(Int?)`); a read with an unknown result says nothing and is best left out.
public protocol Model<Operation>: Sendable {
  /// All that decides how the object answers from now on.
  associatedtype State: Hashable & Sendable
  /// A call and its result.
  associatedtype Operation: Hashable & Sendable

  /// The state before the first operation.
  var initialState: State { get }

  /// The state after `operation` in `state`, or nil if the object would have answered otherwise.
  func step(_ state: State, _ operation: Operation) -> State?

  /// Whether `operation`, where it is legal at all, never changes the state.
  ///
  /// The search places such operations as soon as they are legal. Saying no is always right and
  /// may be slow; a wrong yes makes verdicts wrong.
  func isObservation(_ operation: Operation) -> Bool

  /// Whether `operation` may make an observation possible again that the state has grown out of.
  ///
  /// Asked of operations that are no observations. Saying yes is always right.
  func mayReset(_ operation: Operation, toward observation: Operation) -> Bool

  /// Whether an observation is legal in `state`, or may be after operations that do not reset
  /// toward it.
  ///
  /// The search gives up states from which an observation that is due can never be legal: of lists
  /// and texts that grow, for example, when the due read does not begin with what is there.
  /// Saying yes is always right.
  func mayBecomeLegal(_ observation: Operation, after state: State) -> Bool

  /// A function that makes one of states which these operations cannot tell apart.
  ///
  /// Each operation must be legal in the result exactly if it is legal in the argument, now and
  /// after any of the others. The search then tries them once: all texts that no read in the
  /// history begins with, for example. Nil, the default, is always right.
  func representatives(
    among operations: [Operation]
  ) -> (@Sendable (State) -> State)?

  /// The state as people write it, for explanations.
  ///
  /// - Parameters:
  ///   - state: a state of this model.
  ///   - values: the values of the history that was checked; models whose states hold no `ValueID`
  ///     do not need it.
  /// - Returns: a few words on one line.
  func describe(_ state: State, values: ValueTable) -> String
}

extension Model {
  /// Says of no operation that it is an observation.
  public func isObservation(_ operation: Operation) -> Bool { false }

  /// Says that every operation may.
  public func mayReset(_ operation: Operation, toward observation: Operation) -> Bool { true }

  /// Says that every observation may.
  public func mayBecomeLegal(_ observation: Operation, after state: State) -> Bool { true }

  /// Nil: every state is tried for itself.
  public func representatives(
    among operations: [Operation]
  ) -> (@Sendable (State) -> State)? { nil }

  /// The state as Swift prints it.
  public func describe(_ state: State, values: ValueTable) -> String { "\(state)" }
}
