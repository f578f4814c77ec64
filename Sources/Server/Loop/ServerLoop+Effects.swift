import LinnaeusBase
import Replica
import Storage

/// What the replica wants of the disk, of connections and of the log.
extension ServerLoop {
  /// Lets the replica flush, and carries out everything that it wants by now.
  mutating func finishBatch() {
    replica.endOfBatch(into: &effects)
    while !effects.disk.isEmpty {
      disk.run(&effects.disk, mayWait: mayWaitForDisk, answers: &answers)
      if answers.isEmpty { break }
      // A sync that was waited for took its time.
      tellTime()
      tellAnswers()
      replica.endOfBatch(into: &effects)
    }
    sendTouched()
    tellLog()
  }

  /// Whether the loop has nothing better to do than to wait for a quick sync.
  ///
  /// With many requests under way it has: they are taken while the disk works. So it has with
  /// somebody who was just answered without the disk and is likely to ask again: ten sessions of
  /// which one request in ten is a write are a quarter slower if reads wait for syncs.
  private var mayWaitForDisk: Bool {
    replica.outstandingRequests <= Limits.requestsToWaitWith
      && effects.touched.count == touchedByDisk
  }

  /// Whether to see who else asks before a sync that will be waited for.
  ///
  /// It costs a system call and may save a sync: ten sessions of one request each set a third more.
  /// Most clients wait for their replies and ask again: as many as last time are expected.
  var mayGather: Bool {
    let outstanding = replica.outstandingRequests
    return outstanding > 0 && outstanding < gathered && mayWaitForDisk && disk.isQuick
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
