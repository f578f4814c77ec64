import Linearizability
import Synchronization

/// What is being worked on now: who may be cancelled, and how far things have come.
final class Work: Sendable {
  /// A file that a thread is at.
  struct Item {
    var index: Int
    var start: ContinuousClock.Instant
    /// What the file's search asks for permission to go on; nil while the file is being read.
    var budget: SearchBudget?
  }

  private struct State {
    var items: [Item] = []
    var next = 0
    var isCancelled = false
    var filesDone = 0
    var decided = 0
    var partitions = 0
  }

  private let state = Mutex(State())

  /// Gives a thread the next file to begin with; nil if none is left.
  func begin(of count: Int) -> Int? {
    state.withLock { state in
      guard state.next < count else { return nil }
      defer { state.next += 1 }
      state.items.append(Item(index: state.next, start: .now, budget: nil))
      state.decided = 0
      state.partitions = 0
      return state.next
    }
  }

  /// Lets no thread begin another file; tells those that none has begun.
  func close(of count: Int) -> Range<Int> {
    state.withLock { state in
      defer { state.next = count }
      return state.next..<count
    }
  }

  /// Notes a budget of the file; it is cancelled at once if everything is.
  func enter(_ budget: SearchBudget, index: Int) {
    state.withLock { state in
      if state.isCancelled { budget.cancel() }
      guard let place = state.items.firstIndex(where: { $0.index == index }) else { return }
      state.items[place].budget = budget
    }
  }

  /// Notes that a file is done, or given up; false if it was before.
  func end(_ index: Int) -> Bool {
    state.withLock { state in
      guard let place = state.items.firstIndex(where: { $0.index == index }) else { return false }
      state.items.remove(at: place)
      state.filesDone += 1
      return true
    }
  }

  /// Cancels what goes on and what begins later.
  func cancel() {
    state.withLock { state in
      state.isCancelled = true
      for item in state.items { item.budget?.cancel() }
    }
  }

  /// Whether somebody interrupted.
  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  /// Makes every search stop as one that reached its memory limit.
  func exhaustMemory() {
    state.withLock { state in
      for item in state.items { _ = item.budget?.reserve(.max / 4) }
    }
  }

  /// The files that began so long ago.
  func items(olderThan age: Duration) -> [Item] {
    state.withLock { state in
      let now = ContinuousClock.now
      return state.items.filter { now - $0.start > age }
    }
  }

  /// Takes the report of a search.
  func note(decided: Int, of count: Int) {
    state.withLock { state in
      state.decided = decided
      state.partitions = count
    }
  }

  /// How far things have come.
  var progress: (filesDone: Int, decided: Int, partitions: Int) {
    state.withLock { ($0.filesDone, $0.decided, $0.partitions) }
  }
}
