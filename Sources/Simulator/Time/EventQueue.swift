/// What happens at a moment of virtual time.
enum EventKind: UInt8 {
  /// A connection request reaches the other end: the connection.
  case connect
  /// The first piece of a pipe arrives: the pipe.
  case arrival
  /// A server goes on with what waited while it was busy: the server.
  case turn
  /// A server's disk is done with what it was doing: the server.
  case disk
  /// A server wanted to be woken: the server.
  case serverTimer
  /// A client wanted to be woken: the client.
  case clientTimer
  /// Two servers can reach each other's election ports: the pair.
  case electionConnect
  /// A notification arrives: the pair.
  case notification
  /// The next fault of the schedule is due.
  case fault
  /// A fault is over: the number of what mends it.
  case mending
  /// The next look at whether the run is over.
  case supervision
}

/// Something that will happen: small, and without references, so that the queue moves it at no cost.
struct Event {
  /// In nanoseconds of virtual time.
  var time: Int64
  /// The order of its scheduling, which decides among events of one moment; the kind is in the
  /// lowest byte.
  fileprivate var order: UInt64
  /// Whom it concerns: the number of a pipe, a server, a client, as the kind says.
  var subject: Int32
  /// Tells a subject apart from earlier ones of the same number.
  var generation: UInt32

  /// What happens.
  var kind: EventKind { EventKind(rawValue: UInt8(truncatingIfNeeded: order)) ?? .supervision }

  fileprivate static func < (left: Event, right: Event) -> Bool {
    left.time != right.time ? left.time < right.time : left.order < right.order
  }
}

/// The events to come, by time, and among those of one moment in the order of their scheduling.
///
/// A heap of four children a node: half as deep as one of two.
struct EventQueue {
  private var heap: [Event] = []
  private var scheduled: UInt64 = 0

  /// How many events are to come.
  var count: Int { heap.count }

  /// When the next event comes; nil if none does.
  var nextTime: Int64? { heap.first?.time }

  /// Schedules an event, in O(log n).
  mutating func schedule(
    _ kind: EventKind, at time: Int64, subject: Int32 = 0, generation: UInt32 = 0
  ) {
    scheduled += 1
    let event = Event(
      time: time, order: scheduled << 8 | UInt64(kind.rawValue), subject: subject,
      generation: generation)
    heap.append(event)
    heap.withUnsafeMutableBufferPointer { heap in
      var place = heap.count - 1
      while place > 0 {
        let parent = (place - 1) >> 2
        guard event < heap[parent] else { break }
        heap[place] = heap[parent]
        place = parent
      }
      heap[place] = event
    }
  }

  /// Takes the next event, in O(log n); nil if there is none.
  mutating func next() -> Event? {
    guard let last = heap.popLast() else { return nil }
    guard let first = heap.first else { return last }
    heap.withUnsafeMutableBufferPointer { heap in
      var place = 0
      while true {
        let child = place << 2 + 1
        guard child < heap.count else { break }
        var least = child
        for other in child + 1..<max(child + 1, min(child + 4, heap.count))
        where heap[other] < heap[least] {
          least = other
        }
        guard heap[least] < last else { break }
        heap[place] = heap[least]
        place = least
      }
      heap[place] = last
    }
    return first
  }
}
