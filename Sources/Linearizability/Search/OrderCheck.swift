/// Whether an order of numbered operations respects real time and leaves out nothing that happened.
///
/// Every order that an engine finds passes through this and a replay before anybody hears of it.
///
/// - Complexity: O(n).
func respectsRealTime(_ order: [Int32], invocations: [Int32], completions: [Int32]) -> Bool {
  var isPlaced = [Bool](repeating: false, count: invocations.count)
  var latestInvocation = Int32.min
  for operation in order {
    let index = Int(operation)
    guard !isPlaced[index], completions[index] > latestInvocation else { return false }
    isPlaced[index] = true
    latestInvocation = max(latestInvocation, invocations[index])
  }
  return completions.indices.allSatisfy { isPlaced[$0] || completions[$0] == .max }
}

extension RegisterProblem {
  /// Whether each operation of an order finds the register as it says.
  func isLegal(_ order: [Int32]) -> Bool {
    var state: Int32 = 0
    for operation in order {
      let index = Int(operation)
      switch kinds[index] {
      case .read: guard first[index] == state else { return false }
      case .write: state = first[index]
      case .cas:
        guard first[index] == state else { return false }
        state = second[index]
      case .failedCas: guard first[index] != state else { return false }
      }
    }
    return true
  }
}

extension ModelProblem {
  /// Whether each operation of an order is legal where it stands.
  func isLegal(_ order: [Int32], _ transitions: inout TransitionTable) -> Bool {
    var state: Int32 = 0
    for operation in order {
      state = transitions.next(state, kinds[Int(operation)])
      guard state >= 0 else { return false }
    }
    return true
  }
}
