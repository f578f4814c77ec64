@testable import ClientSession
import Jute
import LinnaeusBase
import Testing

/// A recipe with its effects, whose requests a test answers by hand.
struct RecipeUnderTest<Subject: Recipe> {
  var recipe: Subject
  var effects = RecipeEffects()

  /// A recipe that has asked for its first request.
  init(_ recipe: Subject) {
    self.recipe = recipe
    self.recipe.begin(into: &effects)
  }

  /// The request that was asked for last.
  mutating func takeRequest() -> SessionRequest? {
    defer { effects.request = nil }
    return effects.request
  }

  mutating func takeNews() -> [RecipeNews] {
    defer { effects.news = [] }
    return effects.news
  }

  /// Answers the request that was asked for; returns the next one.
  @discardableResult
  mutating func answer(_ result: SessionResult) -> SessionRequest? {
    end(.done(result, zxid: Zxid(rawValue: 1)))
  }

  @discardableResult
  mutating func refuse(_ error: ErrorCode) -> SessionRequest? {
    end(.refused(error, zxid: Zxid(rawValue: 1)))
  }

  @discardableResult
  mutating func lose(_ loss: RequestOutcome.Loss = .connectionLost) -> SessionRequest? {
    end(.lost(loss))
  }

  private mutating func end(_ outcome: RequestOutcome) -> SessionRequest? {
    effects.request = nil
    recipe.completed(outcome, into: &effects)
    return effects.request
  }

  /// Tells of an event; returns the request that it led to.
  mutating func tell(_ kind: WatchEventKind, _ path: String) -> SessionRequest? {
    effects.request = nil
    recipe.received(
      WatcherEvent(kind: kind, path: bytes(path)), into: &effects)
    return effects.request
  }

  mutating func change(_ state: SessionState) {
    effects.request = nil
    recipe.changed(to: state, into: &effects)
  }
}

extension WatcherEvent {
  /// An event as servers send it.
  init(kind: WatchEventKind, path: [UInt8]) {
    var writer = ByteWriter()
    WatcherEvent.write(kind, path: path, to: &writer)
    self = writer.bytes.withBorrowedBytes { bytes in
      var reader = ByteReader(bytes)
      guard let event = try? WatcherEvent(from: &reader) else { fatalError("no event") }
      return event
    }
  }
}

@Suite("Locks")
struct LockTests {
  private static func lock(_ kind: LockRecipe.Kind = .exclusive) -> RecipeUnderTest<LockRecipe> {
    RecipeUnderTest(LockRecipe(folder: bytes("/l"), kind: kind, guid: bytes("g"), session: 7))
  }

  private static func stat(czxid: Int64, owner: Int64 = 7) -> Stat {
    Stat(czxid: Zxid(rawValue: czxid), ephemeralOwner: owner)
  }

  private static func children(_ names: String...) -> SessionResult {
    .children(names.map(bytes), stat: nil)
  }

  /// A lock whose node has that number and was created at zxid 40.
  private static func inLine(
    _ kind: LockRecipe.Kind = .exclusive, number: String = "0000000005"
  ) -> RecipeUnderTest<LockRecipe> {
    var test = lock(kind)
    test.answer(.created(path: bytes("/l/g_\(kind)_\(number)"), stat: stat(czxid: 40)))
    return test
  }

  private static let listing = SessionRequest.getChildren(path: bytes("/l"), stat: false)

  @Test("The oldest node holds the lock, and its czxid is the token")
  func acquires() {
    var test = Self.lock()
    #expect(
      test.takeRequest()
        == .create(
          path: bytes("/l/g_exclusive_"), data: [], mode: .ephemeralSequential, stat: true))
    let next = test.answer(
      .created(path: bytes("/l/g_exclusive_0000000005"), stat: Self.stat(czxid: 40)))
    #expect(next == Self.listing)
    let nothing = test.answer(Self.children("x_exclusive_0000000009", "g_exclusive_0000000005"))
    #expect(nothing == nil)
    #expect(
      test.takeNews() == [
        .acquired(token: Zxid(rawValue: 40), node: bytes("/l/g_exclusive_0000000005"))
      ])
    test.recipe.release(into: &test.effects)
    #expect(test.takeRequest() == .delete(path: bytes("/l/g_exclusive_0000000005")))
    test.answer(.done)
    #expect(test.takeNews() == [.released])
    #expect(test.recipe.isOver)
  }

  @Test("It waits for the node just before its own, and looks again when that is gone")
  func waits() {
    var test = Self.inLine()
    let watch = test.answer(
      Self.children(
        "b_exclusive_0000000004", "g_exclusive_0000000005", "a_exclusive_0000000002"))
    // getData and not exists, which would leave a watch behind on a missing node.
    #expect(watch == .getData(path: bytes("/l/b_exclusive_0000000004"), watch: true))
    #expect(test.answer(.data([], Stat())) == nil)
    #expect(test.tell(.childrenChanged, "/l") == nil)
    // The one before died, but an older one is still there.
    #expect(test.tell(.deleted, "/l/b_exclusive_0000000004") == Self.listing)
    let again = test.answer(Self.children("g_exclusive_0000000005", "a_exclusive_0000000002"))
    #expect(again == .getData(path: bytes("/l/a_exclusive_0000000002"), watch: true))
    #expect(test.refuse(.noNode) == Self.listing)
    test.answer(Self.children("g_exclusive_0000000005"))
    #expect(test.recipe.isHeld)
  }

  @Test("An event that comes before the answer to its watch is not overlooked")
  func earlyEvent() {
    var test = Self.inLine()
    test.answer(Self.children("b_exclusive_0000000004", "g_exclusive_0000000005"))
    #expect(test.tell(.deleted, "/l/b_exclusive_0000000004") == nil)
    #expect(test.answer(.data([], Stat())) == Self.listing)
  }

  @Test("A node whose creation was not answered is looked for after a sync")
  func unknownCreation() {
    var test = Self.lock()
    #expect(test.lose() == .sync(path: bytes("/l")))
    #expect(test.answer(.synced(path: bytes("/l"))) == Self.listing)
    let look = test.answer(Self.children("a_exclusive_0000000002", "g_exclusive_0000000003"))
    #expect(look == .exists(path: bytes("/l/g_exclusive_0000000003")))
    #expect(test.answer(.stat(Self.stat(czxid: 33))) == Self.listing)
    test.answer(Self.children("g_exclusive_0000000003"))
    #expect(
      test.takeNews() == [
        .acquired(token: Zxid(rawValue: 33), node: bytes("/l/g_exclusive_0000000003"))
      ])
  }

  @Test("A node that is not there was not created; one that was never sent need not be looked for")
  func creationThatFailed() {
    var test = Self.lock()
    let creation = test.takeRequest()
    #expect(test.lose(.neverSent) == creation)
    test.lose()
    test.answer(.synced(path: bytes("/l")))
    #expect(test.answer(Self.children()) == creation)
  }

  @Test("A node with our guid that another session owns is not ours")
  func foreignNode() {
    var test = Self.lock()
    let creation = test.takeRequest()
    test.lose()
    test.answer(.synced(path: bytes("/l")))
    test.answer(Self.children("g_exclusive_0000000003"))
    #expect(test.answer(.stat(Self.stat(czxid: 33, owner: 6))) == creation)
  }

  @Test("A second node of ours, whose creation was given up, is removed")
  func double() {
    var test = Self.inLine()
    let removal = test.answer(Self.children("g_exclusive_0000000004", "g_exclusive_0000000005"))
    #expect(removal == .delete(path: bytes("/l/g_exclusive_0000000004")))
    #expect(test.answer(.done) == Self.listing)
    test.answer(Self.children("g_exclusive_0000000005"))
    #expect(test.recipe.isHeld)
  }

  @Test("Without a server the lock counts as lost at once, and the node is removed later")
  func suspended() {
    var test = Self.inLine()
    test.answer(Self.children("g_exclusive_0000000005"))
    test.effects.news = []
    test.change(.disconnected(.closedByServer))
    #expect(test.takeNews() == [.lost])
    #expect(!test.recipe.isHeld)
    #expect(test.takeRequest() == .delete(path: bytes("/l/g_exclusive_0000000005")))
    test.change(.disconnected(.suspended))
    #expect(test.lose() == .delete(path: bytes("/l/g_exclusive_0000000005")))
    test.refuse(.noNode)
    #expect(test.takeNews() == [.released])
  }

  @Test("A session that expires takes the lock with it")
  func expired() {
    var test = Self.inLine()
    test.answer(Self.children("g_exclusive_0000000005"))
    test.effects.news = []
    test.change(.expired)
    #expect(test.takeNews() == [.lost])
    #expect(test.recipe.isOver)
    #expect(test.takeRequest() == nil)
  }

  @Test("A node that somebody removed is no place in line")
  func removedNode() {
    var test = Self.inLine()
    test.answer(Self.children("a_exclusive_0000000002"))
    #expect(test.takeNews() == [.lost])
  }

  @Test("Whoever leaves the line takes the watch away, and the node")
  func leaves() {
    var test = Self.inLine()
    test.answer(Self.children("b_exclusive_0000000004", "g_exclusive_0000000005"))
    test.answer(.data([], Stat()))
    test.recipe.release(into: &test.effects)
    #expect(
      test.takeRequest()
        == .removeWatches(path: bytes("/l/b_exclusive_0000000004"), kind: .data))
    #expect(test.refuse(.noWatcher) == .delete(path: bytes("/l/g_exclusive_0000000005")))
    test.answer(.done)
    #expect(test.takeNews() == [.released])
  }

  @Test("A lock that is given back while its creation is unknown is looked for and removed")
  func releasedWhileUnknown() {
    var test = Self.lock()
    test.recipe.release(into: &test.effects)
    test.lose()
    test.answer(.synced(path: bytes("/l")))
    test.answer(Self.children("g_exclusive_0000000003"))
    #expect(
      test.answer(.stat(Self.stat(czxid: 33)))
        == .delete(path: bytes("/l/g_exclusive_0000000003")))
    test.answer(.done)
    #expect(test.takeNews() == [.released])
  }

  @Test("The folder is made when it is missing")
  func folder() {
    var test = Self.lock()
    let creation = test.takeRequest()
    #expect(
      test.refuse(.noNode)
        == .create(path: bytes("/l"), data: [], mode: .persistent, stat: false))
    #expect(test.refuse(.nodeExists) == creation)
    test.refuse(.noAuth)
    #expect(test.takeNews() == [.failed(.noAuth)])
  }

  @Test("Numbers go on behind 2147483647 from below")
  func overflow() {
    let names = ["c_lock_-2147483648", "b_lock_2147483647", "a_lock_2147483646", "noise", "x_y"]
    #expect(
      LineName.inOrder(names.map(bytes)).map { String(decoding: $0.name, as: UTF8.self) }
        == ["a_lock_2147483646", "b_lock_2147483647", "c_lock_-2147483648"])
    var test = Self.inLine(number: "-2147483648")
    let watch = test.answer(
      Self.children("g_exclusive_-2147483648", "b_exclusive_2147483647"))
    #expect(watch == .getData(path: bytes("/l/b_exclusive_2147483647"), watch: true))
  }

  @Test("Readers wait for the last writer before them, writers for everybody")
  func readersAndWriters() {
    let older = ["a_write_0000000001", "b_read_0000000002", "c_write_0000000003"]
    var reader = Self.inLine(.read)
    let all = (older + ["d_read_0000000004", "g_read_0000000005"]).map(bytes)
    #expect(
      reader.answer(.children(all, stat: nil))
        == .getData(path: bytes("/l/c_write_0000000003"), watch: true))
    reader.answer(.data([], Stat()))
    #expect(reader.tell(.deleted, "/l/c_write_0000000003") == Self.listing)
    reader.answer(Self.children("b_read_0000000002", "d_read_0000000004", "g_read_0000000005"))
    #expect(reader.recipe.isHeld)
    var writer = Self.inLine(.write)
    #expect(
      writer.answer(Self.children("d_read_0000000004", "g_write_0000000005"))
        == .getData(path: bytes("/l/d_read_0000000004"), watch: true))
  }

  @Test("A leader is elected like a lock, and says who it is")
  func election() {
    var test = RecipeUnderTest(
      LeaderElection(
        folder: bytes("/e"), candidate: bytes("ann"), guid: bytes("g"), session: 7))
    #expect(
      test.takeRequest()
        == .create(
          path: bytes("/e/g_exclusive_"), data: bytes("ann"), mode: .ephemeralSequential,
          stat: true))
    test.answer(.created(path: bytes("/e/g_exclusive_0000000001"), stat: Self.stat(czxid: 9)))
    test.answer(Self.children("g_exclusive_0000000001"))
    #expect(test.recipe.isLeading)
    test.change(.disconnected(.silence))
    #expect(!test.recipe.isLeading)
  }
}
