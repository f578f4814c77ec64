/// The sessions that exist, with their timeouts, ascending.
struct SessionTable: Sendable {
  private(set) var entries: [(session: Int64, timeoutMilliseconds: Int32)] = []

  func timeout(of session: Int64) -> Int32? {
    let place = place(of: session)
    guard place < entries.count, entries[place].session == session else { return nil }
    return entries[place].timeoutMilliseconds
  }

  mutating func insert(_ session: Int64, timeoutMilliseconds: Int32) {
    let place = place(of: session)
    if place < entries.count, entries[place].session == session {
      entries[place].timeoutMilliseconds = timeoutMilliseconds
    } else {
      entries.insert((session, timeoutMilliseconds), at: place)
    }
  }

  mutating func remove(_ session: Int64) {
    let place = place(of: session)
    if place < entries.count, entries[place].session == session { entries.remove(at: place) }
  }

  private func place(of session: Int64) -> Int {
    // Most sessions are newer than all others.
    if let last = entries.last, last.session < session { return entries.count }
    return lowerBound(entries.count) { entries[$0].session < session }
  }
}
