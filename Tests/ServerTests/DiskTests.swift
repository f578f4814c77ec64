import Glibc
import LinnaeusBase
import Storage
import Testing

@testable import Server

@Suite("The disk's work")
struct DiskTests {
  private let first = FileNumber(rawValue: 1)
  private let second = FileNumber(rawValue: 2)
  private let log = StoredFile(.log, "log.1")

  private func ticket(_ number: UInt64) -> Ticket { Ticket(rawValue: number) }

  private func executor(_ folder: TemporaryFolder) -> DiskExecutor {
    DiskExecutor(logFolder: folder.path, snapshotFolder: folder.path, syncs: true)
  }

  @Test("Files are made, grown, written, cut, renamed and removed")
  func everything() throws {
    let folder = try TemporaryFolder()
    var executor = executor(folder)
    let renamed = StoredFile(.snapshot, "snapshot.1")
    let operations: [DiskOperation] = [
      .create(log, first), .preallocate(first, upTo: 100), .write(first, offset: 3, bytes: [7, 8]),
      .sync(first, ticket(1)), .truncate(first, to: 5), .close(first),
      .create(StoredFile(.snapshot, "unfinished"), second),
      .write(second, offset: 0, bytes: [1]), .sync(second, ticket(2)), .close(second),
      .rename(StoredFile(.snapshot, "unfinished"), to: renamed),
      .remove(StoredFile(.log, "never there")), .syncDirectory(.snapshot, ticket(3)),
    ]
    let answers = operations.compactMap { executor.run($0) }
    #expect(answers.map(\.ticket.rawValue) == [1, 2, 3])
    #expect(answers.allSatisfy { $0.errno == nil })
    #expect(executor.errors.isEmpty)
    let files = try FileCalls.files(in: folder.path)
    #expect(files.map(\.name) == ["log.1", "snapshot.1"])
    #expect(files.map(\.size) == [5, 1])
    let file = try FileCalls.openToRead("\(folder.path)/log.1")
    defer { FileCalls.close(file) }
    #expect(try FileCalls.read(9, from: file, at: 0, path: "") == [0, 0, 0, 7, 8])
  }

  @Test("A file that could not be made fails at its sync, and other files go on")
  func failedCreation() throws {
    let folder = try TemporaryFolder()
    var executor = DiskExecutor(
      logFolder: folder.path + "/nowhere", snapshotFolder: folder.path, syncs: true)
    #expect(executor.run(.create(log, first)) == nil)
    #expect(executor.run(.write(first, offset: 0, bytes: [1])) == nil)
    #expect(executor.run(.sync(first, ticket(1)))?.errno == ENOENT)
    #expect(executor.run(.sync(first, ticket(2)))?.errno == ENOENT)
    #expect(executor.errors.map(\.call) == ["open"])
    #expect(executor.run(.create(StoredFile(.snapshot, "s"), second)) == nil)
    let answer = executor.run(.sync(second, ticket(3)))
    #expect(answer?.ticket == ticket(3) && answer?.errno == nil)
  }

  @Test("Once a write has failed no later sync of the file succeeds")
  func failedWrite() throws {
    let folder = try TemporaryFolder()
    var executor = executor(folder)
    // A device that is always full.
    #expect(symlink("/dev/full", "\(folder.path)/log.1") == 0)
    #expect(executor.run(.create(log, first)) == nil)
    #expect(executor.run(.write(first, offset: 0, bytes: [1])) == nil)
    #expect(executor.run(.sync(first, ticket(1)))?.errno == ENOSPC)
    #expect(unlink("\(folder.path)/log.1") == 0)
    #expect(executor.run(.write(first, offset: 0, bytes: [])) == nil)
    #expect(executor.run(.sync(first, ticket(2)))?.errno == ENOSPC)
    #expect(executor.errors.map(\.errno) == [ENOSPC])
    #expect("\(try #require(executor.errors.first))".contains("log.1"))
  }

  @Test("The thread does everything in order and answers everything, to the last before it ends")
  func thread() throws {
    let folder = try TemporaryFolder()
    let thread = try DiskThread(executor(folder))
    var operations: [DiskOperation] = [.create(log, first)]
    for number in 1...200 as ClosedRange<UInt64> {
      operations.append(.write(first, offset: Int(number - 1), bytes: [UInt8(number)]))
      operations.append(.sync(first, ticket(number)))
      if number % 7 == 0 { thread.run(&operations) }
    }
    thread.run(&operations)
    #expect(operations.isEmpty)
    thread.close()
    var answers: [DiskAnswer] = []
    thread.takeAnswers(into: &answers)
    #expect(answers.map(\.ticket.rawValue) == Array(1...200))
    #expect(answers.allSatisfy { $0.errno == nil })
    let file = try FileCalls.openToRead("\(folder.path)/log.1")
    defer { FileCalls.close(file) }
    #expect(try FileCalls.read(300, from: file, at: 0, path: "") == (1...200).map { UInt8($0) })
  }
}
