import Jute
import LinnaeusBase

/// When sessions expire (zookeeper-protocol.md, section 3): in buckets of one tick, so that keeping
/// a session alive costs nothing most of the time.
public struct SessionTracker: Sendable {
  private struct Session: Sendable {
    var id: Int64
    var timeout: Int64
    /// When it expires, a multiple of the tick; ``noBucket`` once it is closing.
    var bucket: Int64
    var next: Int32
    var previous: Int32
    /// Through what the session's requests come; 0: whoever comes first.
    var owner: Int64 = 0
  }
  private struct Bucket: Sendable {
    var time: Int64
    var first = noSlot
    var last = noSlot
  }
  private static let noBucket = Int64.max

  private let tick: Int64
  /// Looked up, never walked.
  private var slots: [Int64: Int32] = [:]
  private var sessions: [Session] = []
  private var free: [Int32] = []
  /// Ascending by time; one that becomes empty is removed.
  private var buckets: [Bucket] = []

  /// Counts in ticks of that length.
  public init(tickMilliseconds: Int) {
    tick = Int64(max(1, tickMilliseconds))
  }

  /// How many sessions there are, closing ones included.
  public var count: Int { slots.count }

  /// Whether the session exists, closing or not.
  public func contains(_ session: Int64) -> Bool { slots[session] != nil }

  /// Begins to watch over a session, or gives one that exists a new timeout.
  public mutating func add(_ session: Int64, timeoutMilliseconds: Int32, now: Instant) {
    if let slot = slots[session] {
      sessions[Int(slot)].timeout = Int64(timeoutMilliseconds)
      _ = touch(session, now: now)
      return
    }
    let entry = Session(
      id: session, timeout: Int64(timeoutMilliseconds), bucket: Self.noBucket, next: noSlot,
      previous: noSlot)
    let slot: Int32
    if let reused = free.popLast() {
      slot = reused
      sessions[Int(slot)] = entry
    } else {
      slot = Int32(sessions.count)
      sessions.append(entry)
    }
    slots[session] = slot
    link(slot, at: expiry(after: entry.timeout, now: now))
  }

  /// The session was heard of: its time begins anew.
  ///
  /// - Returns: Whether it exists and is not closing.
  public mutating func touch(_ session: Int64, now: Instant) -> Bool {
    guard let slot = slots[session] else { return false }
    let entry = sessions[Int(slot)]
    guard entry.bucket != Self.noBucket else { return false }
    let bucket = expiry(after: entry.timeout, now: now)
    if bucket != entry.bucket {
      unlink(slot)
      link(slot, at: bucket)
    }
    return true
  }

  /// The session is being closed: it does not expire any more, and its requests are refused.
  public mutating func setClosing(_ session: Int64) {
    guard let slot = slots[session], sessions[Int(slot)].bucket != Self.noBucket else { return }
    unlink(slot)
  }

  /// Whether the session is being closed; false for one that does not exist.
  public func isClosing(_ session: Int64) -> Bool {
    guard let slot = slots[session] else { return false }
    return sessions[Int(slot)].bucket == Self.noBucket
  }

  /// What a request of the session is answered before all else: `.ok` unless the session is closing
  /// or gone.
  public func check(_ session: Int64) -> ErrorCode {
    guard let slot = slots[session], sessions[Int(slot)].bucket != Self.noBucket else {
      return .sessionExpired
    }
    return .ok
  }

  /// The session's requests come through that owner from now on, and through no other.
  ///
  /// Owners are numbered by the caller, each connection and each learner's link anew: what was left
  /// behind on an earlier connection is told apart although it comes from the same server.
  public mutating func setOwner(_ session: Int64, _ owner: Int64) {
    if let slot = slots[session] { sessions[Int(slot)].owner = owner }
  }

  /// What a request of the session that comes through an owner is answered before all else:
  /// `.sessionMoved` if the session has another one by now (zookeeper-protocol.md, section 3).
  public mutating func check(_ session: Int64, owner: Int64) -> ErrorCode {
    guard let slot = slots[session], sessions[Int(slot)].bucket != Self.noBucket else {
      return .sessionExpired
    }
    if sessions[Int(slot)].owner == 0 { sessions[Int(slot)].owner = owner }
    return sessions[Int(slot)].owner == owner ? .ok : .sessionMoved
  }

  /// The session is gone.
  public mutating func remove(_ session: Int64) {
    setClosing(session)
    if let slot = slots.removeValue(forKey: session) { free.append(slot) }
  }

  /// Every session whose time is over; they are closing from now on.
  ///
  /// - Returns: Their ids: earlier buckets first, and in a bucket in order of arrival there.
  public mutating func expire(now: Instant) -> [Int64] {
    var expired: [Int64] = []
    while let bucket = buckets.first, bucket.time <= now.milliseconds {
      let slot = bucket.first
      expired.append(sessions[Int(slot)].id)
      unlink(slot)
    }
    return expired
  }

  /// When the next bucket is due; nil without sessions.
  public var nextExpiry: Instant? { buckets.first.map { Instant(milliseconds: $0.time) } }

  /// When sessions expire, in milliseconds of the clock that is told, and which; ascending.
  public var expiries: [(time: Int64, sessions: [Int64])] {
    buckets.map { bucket in
      var ids: [Int64] = []
      var slot = bucket.first
      while slot != noSlot {
        ids.append(sessions[Int(slot)].id)
        slot = sessions[Int(slot)].next
      }
      return (bucket.time, ids)
    }
  }

  private func expiry(after timeout: Int64, now: Instant) -> Int64 {
    ((now.milliseconds + timeout) / tick + 1) * tick
  }

  private mutating func link(_ slot: Int32, at time: Int64) {
    let place = lowerBound(buckets.count) { buckets[$0].time < time }
    if place == buckets.count || buckets[place].time != time {
      buckets.insert(Bucket(time: time), at: place)
    }
    let last = buckets[place].last
    sessions[Int(slot)].bucket = time
    sessions[Int(slot)].previous = last
    sessions[Int(slot)].next = noSlot
    if last == noSlot { buckets[place].first = slot } else { sessions[Int(last)].next = slot }
    buckets[place].last = slot
  }

  private mutating func unlink(_ slot: Int32) {
    let entry = sessions[Int(slot)]
    let place = lowerBound(buckets.count) { buckets[$0].time < entry.bucket }
    if entry.previous == noSlot {
      buckets[place].first = entry.next
    } else {
      sessions[Int(entry.previous)].next = entry.next
    }
    if entry.next == noSlot {
      buckets[place].last = entry.previous
    } else {
      sessions[Int(entry.next)].previous = entry.previous
    }
    if buckets[place].first == noSlot { buckets.remove(at: place) }
    sessions[Int(slot)].bucket = Self.noBucket
  }
}
