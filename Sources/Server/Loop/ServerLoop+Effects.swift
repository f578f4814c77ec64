import LinnaeusBase
import Replica
import Storage

/// What the replica wants of the disk, of connections and of the log.
extension ServerLoop {
  /// Lets the replica flush, and carries out everything that it wants by now.
  mutating func finishBatch() {
    replica.endOfBatch(into: &effects)
    while !effects.disk.isEmpty {
      let mayWait = mayWaitForDisk
      // Who is answered already is not kept waiting.
      if mayWait { sendTouched() }
      disk.run(&effects.disk, mayWait: mayWait, answers: &answers)
      if answers.isEmpty { break }
      // A sync that was waited for took its time.
      tellTime()
      gathering.synced()
      tellAnswers()
      replica.endOfBatch(into: &effects)
    }
    sendTouched()
    tellLog()
  }

  /// Whether the loop has nothing better to do than to wait for a quick sync.
  ///
  /// With many requests under way it has: they are taken while the disk works. But not if they are
  /// one of each client that waits for it: none of them will ask before the disk is done. So it has
  /// with a few who were just answered without the disk and are likely to ask again: ten sessions of
  /// which one request in ten is a write are a quarter slower if reads wait for syncs. With a hundred
  /// it is the other way, for there is little to a sync beside all they ask for.
  private var mayWaitForDisk: Bool {
    let writes = replica.outstandingRequests
    let limit =
      gathering.asked == writes ? Limits.clientsToWaitWith : Limits.requestsToWaitWith
    guard writes <= limit else { return false }
    let answered = effects.touched.count - touchedByDisk
    return answered == 0 || answered >= Limits.answersToWaitAfter
  }

  /// Whether to see who else asks before a sync that will be waited for.
  ///
  /// It costs system calls and saves syncs.
  var mayGather: Bool {
    replica.outstandingRequests > 0 && gathering.expected > 0 && mayWaitForDisk && disk.isQuick
  }

  /// Takes what the disk's thread has done.
  mutating func takeAnswers() {
    disk.takeAnswers(into: &answers)
    tellAnswers()
  }

  private mutating func tellAnswers() {
    for error in disk.takeErrors() { log(.error, "disk: \(error)") }
    let before = effects.touched.count
    for answer in answers {
      if let errno = answer.errno {
        replica.failed(answer.ticket, errno: errno, into: &effects)
      } else {
        replica.completed(answer.ticket, into: &effects)
      }
    }
    answers.removeAll(keepingCapacity: true)
    touchedByDisk += effects.touched.count - before
  }

  private mutating func tellLog() {
    guard !effects.log.isEmpty else { return }
    for (level, message) in effects.log { log(level, message) }
    effects.log.removeAll(keepingCapacity: true)
  }

  /// Sends to everybody who has something to be sent.
  mutating func sendTouched() {
    touchedByDisk = 0
    swap(&touched, &effects.touched)
    for slot in touched { send(slot) }
    touched.removeAll(keepingCapacity: true)
  }
}
