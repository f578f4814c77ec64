import Glibc
import Jute
import LinnaeusBase
import Storage
import Synchronization
import Testing

@testable import Server

/// Syncs nothing, and does what it is told to instead.
private final class StubDisk: Sendable {
  private struct State {
    var threads: [pthread_t] = []
    var isSlow = false
    var failure: Int32?
  }

  private let state = Mutex(State())

  /// The threads that synced, in order.
  var threads: [pthread_t] { state.withLock { $0.threads } }
  var syncs: Int { threads.count }

  /// Makes syncs slow, or quick again.
  func setSlow(_ isSlow: Bool) { state.withLock { $0.isSlow = isSlow } }
  /// Makes every sync fail from now on.
  func fail(_ errno: Int32) { state.withLock { $0.failure = errno } }

  func sync(_ descriptor: Int32, _ path: String) throws(SystemError) {
    let (isSlow, failure) = state.withLock { state in
      state.threads.append(pthread_self())
      return (state.isSlow, state.failure)
    }
    if isSlow { usleep(useconds_t(SyncPace.quickNanoseconds / 1000 * 2)) }
    if let failure { throw SystemError(errno: failure, call: "fdatasync", path: path) }
  }
}

/// A disk thread with a log to write to.
private final class ThreadUnderTest {
  let stub = StubDisk()
  let thread: DiskThread
  let log = FileNumber(rawValue: 1)
  private let folder: TemporaryFolder
  private var nextTicket: UInt64 = 1

  init() throws {
    folder = try TemporaryFolder()
    let stub = stub
    thread = try DiskThread(
      DiskExecutor(
        logFolder: folder.path, snapshotFolder: folder.path, syncs: true,
        syncFile: { (descriptor, path) throws(SystemError) in try stub.sync(descriptor, path) }))
    onThread([.create(StoredFile(.log, "log.1"), log)])
  }

  deinit { thread.close() }

  /// A write and a sync of the log, or of another file.
  func batch(_ size: Int = 1, of file: FileNumber? = nil) -> [DiskOperation] {
    defer { nextTicket += 1 }
    return [
      .write(file ?? log, offset: 0, bytes: [UInt8](repeating: 7, count: size)),
      .sync(file ?? log, Ticket(rawValue: nextTicket)),
    ]
  }

  /// Has something done by the thread, and waits for its answers and for the thread to be idle.
  @discardableResult
  func onThread(_ operations: [DiskOperation]) -> [DiskAnswer] {
    let expected = operations.count { $0.ticket != nil }
    var operations = operations
    thread.run(&operations)
    var answers: [DiskAnswer] = []
    while answers.count < expected {
      usleep(100)
      thread.takeAnswers(into: &answers)
    }
    while !thread.isIdle { usleep(100) }
    return answers
  }

  /// What is done here, nil if it is refused.
  func here(_ operations: [DiskOperation]) -> [DiskAnswer]? {
    var rest = operations
    var answers: [DiskAnswer] = []
    let isDone = thread.runHere(&rest, answers: &answers)
    #expect(rest == (isDone ? [] : operations), "all is taken or nothing")
    return isDone ? answers : nil
  }

  /// Syncs until the disk counts as quick: a busy machine makes any sync slow now and then.
  func warmUp() {
    var count = 0
    while !thread.isQuick, count < 10_000 {
      onThread(batch())
      count += 1
    }
  }
}

@Suite("Syncs that are waited for")
struct QuickSyncTests {
  @Test("A disk is quick after many quick syncs, and not after a slow one; a slower one costs more")
  func pace() {
    var pace = SyncPace()
    var owed = SyncPace.quickAtFirst
    for times in [1, 3, 100, 10_000] as [Int64] {
      for _ in 0..<owed {
        #expect(!pace.isQuick)
        pace.record(SyncPace.quickNanoseconds)
      }
      #expect(pace.isQuick)
      pace.record(1)
      #expect(pace.isQuick)
      pace.record(SyncPace.quickNanoseconds * times + 1)
      // A less slow one meanwhile changes nothing.
      pace.record(SyncPace.quickNanoseconds + 1)
      owed = SyncPace.quickPerSlow * times
    }
    #expect(!pace.isQuick)
  }

  @Test("Nothing is waited for before the disk has shown that it is quick; then the caller syncs")
  func warmUp() throws {
    let disk = try ThreadUnderTest()
    #expect(disk.here(disk.batch()) == nil)
    disk.warmUp()
    #expect(disk.stub.syncs >= SyncPace.quickAtFirst)
    #expect(!disk.stub.threads.contains(pthread_self()))
    let answers = try #require(disk.here(disk.batch()))
    #expect(answers.count == 1 && answers[0].errno == nil)
    #expect(disk.stub.threads.last == pthread_self())
  }

  @Test("What is waited for never overtakes what the thread has to do or to answer")
  func order() throws {
    let disk = try ThreadUnderTest()
    disk.warmUp()
    let before = disk.stub.syncs
    disk.stub.setSlow(true)
    var queued = disk.batch() + disk.batch()
    disk.thread.run(&queued)
    // In the queue, at work, and done but not told of: refused all the time.
    while disk.stub.syncs < before + 2 { #expect(disk.here(disk.batch()) == nil) }
    disk.stub.setSlow(false)
    usleep(5000)
    #expect(disk.here(disk.batch()) == nil)
    var answers: [DiskAnswer] = []
    while answers.count < 2 { disk.thread.takeAnswers(into: &answers) }
    #expect(answers[0].ticket < answers[1].ticket)
    #expect(!disk.stub.threads.contains(pthread_self()))
  }

  @Test("One slow sync sends everything back to the thread until many there were quick")
  func slowDisk() throws {
    let disk = try ThreadUnderTest()
    disk.warmUp()
    disk.stub.setSlow(true)
    #expect(disk.here(disk.batch()) != nil)
    let slow = disk.stub.syncs
    for _ in 0..<5 {
      #expect(disk.here(disk.batch()) == nil)
      disk.onThread(disk.batch())
    }
    disk.stub.setSlow(false)
    // They took twice as long as quick ones at least.
    for _ in 1..<2 * SyncPace.quickPerSlow { disk.onThread(disk.batch()) }
    #expect(disk.here(disk.batch()) == nil)
    #expect(disk.stub.syncs == slow + 5 + Int(2 * SyncPace.quickPerSlow) - 1)
    disk.warmUp()
    #expect(disk.here(disk.batch()) != nil)
  }

  @Test("Only a little writing to the log is waited for")
  func onlyTheLog() throws {
    let disk = try ThreadUnderTest()
    let snapshot = FileNumber(rawValue: 2)
    disk.onThread([.create(StoredFile(.snapshot, "snapshot.1"), snapshot)])
    disk.warmUp()
    #expect(disk.here(disk.batch(of: snapshot)) == nil)
    #expect(disk.here(disk.batch(of: FileNumber(rawValue: 3))) == nil)
    #expect(disk.here(disk.batch(Limits.quickWriteBytes + 1)) == nil)
    let ticket = Ticket(rawValue: 9999)
    let others: [DiskOperation] = [
      .create(StoredFile(.log, "log.2"), FileNumber(rawValue: 4)),
      .open(StoredFile(.log, "log.1"), FileNumber(rawValue: 4)),
      .preallocate(disk.log, upTo: 1 << 20), .truncate(disk.log, to: 1), .close(disk.log),
      .rename(StoredFile(.log, "log.1"), to: StoredFile(.log, "log.3")),
      .remove(StoredFile(.log, "log.3")), .syncDirectory(.log, ticket),
    ]
    for other in others { #expect(disk.here(disk.batch() + [other]) == nil, "\(other)") }
    #expect(disk.here(disk.batch(Limits.quickWriteBytes)) != nil)
  }

  @Test("An error is answered and told of as the thread would, and the file is left alone then")
  func errors() throws {
    let disk = try ThreadUnderTest()
    disk.warmUp()
    disk.stub.fail(EIO)
    #expect(disk.here(disk.batch())?.map(\.errno) == [EIO])
    let errors = disk.thread.takeErrors()
    #expect(errors.map(\.errno) == [EIO] && errors.map(\.call) == ["fdatasync"])
    #expect(disk.thread.takeErrors().isEmpty)
    let syncs = disk.stub.syncs
    #expect(disk.onThread(disk.batch()).map(\.errno) == [EIO])
    #expect(disk.stub.syncs == syncs)
  }

  @Test("A thread that is closed does nothing any more")
  func closed() throws {
    let disk = try ThreadUnderTest()
    disk.warmUp()
    disk.thread.close()
    #expect(disk.here(disk.batch()) == nil)
  }
}

@Suite("A server that waits for quick syncs")
struct QuickSyncServerTests {
  private let stub = StubDisk()

  private func start(_ folder: TemporaryFolder) throws -> (ServerUnderTest, RawClient) {
    let stub = stub
    let running = try ServerUnderTest(
      folder: folder,
      syncFile: { (descriptor, path) throws(SystemError) in try stub.sync(descriptor, path) })
    let client = try RawClient(port: running.port)
    _ = try client.connect()
    return (running, client)
  }

  /// Creates until two syncs have been done in a row by one thread that is another than the first.
  private func createUntilQuick(_ client: RawClient, from xid: inout Int32) throws {
    let first = try #require(stub.threads.first)
    var count = 0
    while stub.threads.suffix(2).contains(first), count < 10_000 {
      client.send(create(xid, "/n\(xid)", data: [1]))
      #expect(try client.reply().header.error == .ok)
      xid += 1
      count += 1
    }
  }

  @Test("The loop syncs, a slow disk gives the thread its work back, and all is answered")
  func slowDisk() throws {
    let folder = try TemporaryFolder()
    let (running, client) = try start(folder)
    var xid: Int32 = 1
    try createUntilQuick(client, from: &xid)
    let first = try #require(stub.threads.first)
    #expect(stub.threads.last != first, "the loop never synced")
    stub.setSlow(true)
    for _ in 0..<3 {
      client.send(create(xid, "/n\(xid)", data: [1]))
      #expect(try client.reply().header.error == .ok)
      xid += 1
    }
    #expect(stub.threads.suffix(2) == [first, first], "the loop waits for a slow disk")
    stub.setSlow(false)
    try createUntilQuick(client, from: &xid)
    for number in 1..<xid {
      client.send(getData(number, "/n\(number)"))
      #expect(try client.reply().header.error == .ok)
    }
    #expect(running.stop() == nil)
  }

  @Test("With many requests under way the thread syncs")
  func manyRequests() throws {
    let folder = try TemporaryFolder()
    let (running, client) = try start(folder)
    var xid: Int32 = 1
    try createUntilQuick(client, from: &xid)
    let loop = try #require(stub.threads.last)
    var packets: [UInt8] = []
    let count = Int32(Limits.requestsToWaitWith + 1)
    for offset in 0..<count { packets += create(xid + offset, "/n\(xid + offset)", data: [1]) }
    let before = stub.syncs
    client.send(packets)
    for _ in 0..<count { #expect(try client.reply().header.error == .ok) }
    // One packet of the system's, so one turn of the loop and one sync.
    #expect(stub.threads[before] != loop)
    #expect(running.stop() == nil)
  }

  @Test("An error of a sync that the loop waits for stops the server, and nothing is acknowledged")
  func failure() throws {
    let folder = try TemporaryFolder()
    let (running, client) = try start(folder)
    var xid: Int32 = 1
    try createUntilQuick(client, from: &xid)
    stub.fail(EIO)
    client.send(create(xid, "/lost", data: [1]))
    #expect(client.receiveAll() == [])
    #expect(running.waitForEnd() != nil)
    #expect(running.logged.contains { $0.contains("fdatasync") })
  }
}
