import LinnaeusBase
import Replica
import Sockets

extension ServerLoop {
  /// Answers what is under way, and closes everything.
  ///
  /// Sessions go on: their clients come back.
  mutating func shutDown() {
    let deadline = SystemClock.now().advanced(milliseconds: 2000)
    while replica.outstandingRequests > 0, replica.failure == nil, SystemClock.now() < deadline {
      finishBatch()
      do { _ = try poller.wait(milliseconds: 10) } catch { break }
      takeAnswers()
    }
    // A snapshot that is half written is of no use to anybody.
    replica.abandonSnapshot(into: &effects)
    finishBatch()
    disk.close()
    takeAnswers()
    sendTouched()
    closeAll()
  }

  /// Closes all connections, and the files when the disk has done what it was told.
  mutating func closeAll() {
    for slot in connections.indices { end(Int32(slot)) }
    for page in pages.pages { page?.socket.close() }
    pages.pages = []
    disk.close()
  }
}
