import Linearizability
import LinnaeusBase
import OperationHistory

extension MonitorFamily {
  /// Every shape that a monitor is made for.
  static let all: [MonitorFamily] =
    shared(sets) + shared(lists) + queues + [mutex] + shared(semaphores) + shared(counters)

  private static func shared(_ families: [MonitorFamily]) -> [MonitorFamily] {
    families.map {
      var family = $0
      family.histories /= families.count
      return family
    }
  }

  private static let sets: [MonitorFamily] = [
    membership("set of two values", values: 2), membership("set of one value", values: 1),
    membership("set of one value", values: 1).crowded(),
    growing("growing set", repeats: false), growing("growing set with repeats", repeats: true),
  ]

  private static func membership(_ name: String, values: Int) -> MonitorFamily {
    MonitorFamily(name, .set) { _, state, random in
      let number = 1 + random.below(values)
      let isThere = state.elements.contains(number)
      switch random.below(6) {
      case 0, 1:
        if !isThere { state.elements.append(number) }
        return ModelOperation(.add, value(number))
      case 2:
        state.elements.removeAll { $0 == number }
        return ModelOperation(.remove, value(number))
      case 3:
        state.elements.removeAll { $0 == number }
        return ModelOperation(.remove, value(number), isThere ? .true : .false)
      default: return ModelOperation(.contains, value(number), isThere ? .true : .false)
      }
    }
  }

  private static func growing(_ name: String, repeats: Bool) -> MonitorFamily {
    MonitorFamily(name, .set) { family, state, random in
      if random.chance(1, in: 2), repeats || state.inserted < 4 {
        state.inserted += 1
        let number = repeats ? 1 + random.below(4) : state.inserted
        if !state.elements.contains(number) { state.elements.append(number) }
        return ModelOperation(.add, value(number))
      }
      return ModelOperation(.read, family.lists[state.elements.sorted()] ?? .null)
    }
  }

  private static let lists: [MonitorFamily] = [
    listAppend("list-append", values: 4), listAppend("list-append with repeats", values: 2),
  ]

  private static func listAppend(_ name: String, values: Int) -> MonitorFamily {
    var family = MonitorFamily(name, .listAppend) { family, state, random in
      if random.chance(1, in: 2), state.inserted < 4 {
        state.inserted += 1
        state.elements.append((state.inserted - 1) % values + 1)
        return ModelOperation(.append, value(state.elements[state.elements.count - 1]))
      }
      return ModelOperation(.read, family.lists[state.elements] ?? .null)
    }
    if values < 4 { family.undecided = 500 }
    return family
  }
}

extension MonitorFamily {
  private static let queues: [MonitorFamily] =
    containers("queue", .queue) { _ in 0 }
    + containers("stack", .stack) { $0.elements.count - 1 }
    + containers("priority-queue", .priorityQueue) { state in
      state.elements.indices.min { state.elements[$0] < state.elements[$1] } ?? 0
    }

  private static let semaphores: [MonitorFamily] = [
    semaphore("semaphore of single permits", most: 1, undecided: 0),
    semaphore("semaphore of single permits", most: 1, undecided: 0).crowded(),
    semaphore("semaphore", most: 2, undecided: 50),
  ]

  private static var mutex: MonitorFamily {
    var family = MonitorFamily("mutex", .mutex) { _, state, random in

      let client = value(state.client + 1)
      if state.elements.first == state.client {
        state.elements = []
        return ModelOperation(.release, client)
      }
      if state.elements.isEmpty { state.elements = [state.client] }
      return ModelOperation(.acquire, client)
    }
    // Mutations make clients do two things at a time.
    family.undecided = 100
    return family
  }

  private static func semaphore(_ name: String, most: Int, undecided: Int) -> MonitorFamily {
    var family = MonitorFamily(name, .semaphore) { _, state, random in
      let amount = 1 + random.below(most)
      let canAcquire = state.inserted + amount <= 2
      if canAcquire, state.inserted < amount || random.chance(1, in: 2) {
        state.inserted += amount
        return ModelOperation(.acquire, value(amount))
      }
      let released = min(amount, state.inserted)
      state.inserted -= released
      return ModelOperation(.release, value(released))
    }
    family.undecided = undecided
    family.leastViolated = 25
    return family
  }

  private static let counters: [MonitorFamily] = [
    counter("counter by one", [1]), counter("counter by one", [1]).crowded(),
    counter("counter by one, sometimes by nothing", [1, 1, 0]),
    counter("counter down by two", [-2]),
    counter("counter by anything", [1, 2, -1], undecided: 1000),
  ]

  private static func counter(
    _ name: String, _ amounts: [Int], undecided: Int = 0
  ) -> MonitorFamily {
    var family = MonitorFamily(name, .counter) { _, state, random in
      guard random.chance(1, in: 2) else { return ModelOperation(.read, value(Int(state.number))) }
      let amount = amounts[random.below(amounts.count)]
      state.number += Int64(amount)
      return ModelOperation(.add, value(amount))
    }
    family.undecided = undecided
    if undecided == 1000 { family.leastHolds = 0 }
    return family
  }

  /// Containers with and without empty answers, and with and without indeterminate operations.
  private static func containers(
    _ name: String, _ model: ModelName, next: @escaping @Sendable (State) -> Int
  ) -> [MonitorFamily] {
    let plain = MonitorFamily(name, model) { _, state, random in
      if state.elements.isEmpty ? random.chance(3, in: 4) : random.chance(2, in: 5) {
        state.inserted += 1
        // A permutation of 1 ... 8, so that priorities do not follow the order of insertion.
        let number = model == .priorityQueue ? (state.inserted * 5) % 9 : state.inserted
        state.elements.append(number)
        return ModelOperation(.insert, value(number))
      }
      guard !state.elements.isEmpty else { return ModelOperation(.extract, .null) }
      return ModelOperation(.extract, value(state.elements.remove(at: next(state))))
    }
    var complete = plain
    complete.name += ", complete"
    complete.indeterminate = 0
    var repeated = MonitorFamily(name + ", with repeats", model) { family, state, random in
      // The first value again.
      if state.inserted > 1, random.chance(1, in: 8) {
        state.elements.append(model == .priorityQueue ? 5 : 1)
        return ModelOperation(.insert, value(model == .priorityQueue ? 5 : 1))
      }
      return plain.call(family, &state, &random)
    }
    repeated.undecided = 500
    var indeterminate = plain
    indeterminate.undecided = 5
    return shared([indeterminate, complete, repeated, indeterminate.crowded()])
  }
}
