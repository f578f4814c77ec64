@testable import ClientSession
import Jute
import LinnaeusBase
import Testing

@Suite("Barriers, queues and counters")
struct RecipeTests {
  private static func children(_ names: String...) -> SessionResult {
    .children(names.map(bytes), stat: nil)
  }

  private static func stat(czxid: Int64, owner: Int64 = 7) -> SessionResult {
    .stat(Stat(czxid: Zxid(rawValue: czxid), ephemeralOwner: owner))
  }

  // MARK: Barriers

  @Test("A barrier holds as long as its node is there")
  func barrier() {
    var test = RecipeUnderTest(BarrierRecipe(path: bytes("/b")))
    let look = SessionRequest.getData(path: bytes("/b"), watch: true)
    #expect(test.takeRequest() == look)
    test.answer(.data([], Stat()))
    #expect(test.tell(.dataChanged, "/b") == look)
    #expect(test.lose() == look)
    #expect(test.refuse(.noNode) == nil)
    #expect(test.takeNews() == [.entered])
  }

  private static func doubleBarrier() -> RecipeUnderTest<DoubleBarrier> {
    var test = RecipeUnderTest(
      DoubleBarrier(folder: bytes("/b"), name: bytes("me"), members: 2, session: 7))
    test.answer(.created(path: bytes("/b/me"), stat: Stat(czxid: Zxid(rawValue: 50))))
    return test
  }

  private static let lookForReady = SessionRequest.exists(path: bytes("/b/ready"), watch: true)
  private static let listing = SessionRequest.getChildren(path: bytes("/b"), stat: false)
  private static let opening = SessionRequest.create(
    path: bytes("/b/ready"), data: [], mode: .persistent, stat: false)

  @Test("The last to come opens a double barrier, the others wait for it")
  func doubleBarrier() {
    var test = Self.doubleBarrier()
    #expect(test.takeRequest() == Self.lookForReady)
    #expect(test.refuse(.noNode) == Self.listing)
    #expect(test.answer(Self.children("me")) == nil)
    #expect(test.tell(.created, "/b/ready") == Self.lookForReady)
    test.answer(Self.stat(czxid: 60))
    #expect(test.takeNews() == [.entered])

    var last = Self.doubleBarrier()
    last.refuse(.noNode)
    #expect(last.answer(Self.children("me", "other")) == Self.opening)
    #expect(last.refuse(.nodeExists) == Self.lookForReady)
    last.answer(Self.stat(czxid: 60))
    #expect(last.takeNews() == [.entered])
  }

  @Test("A ready node of an earlier round opens nothing, and is replaced")
  func oldReady() {
    var test = Self.doubleBarrier()
    #expect(test.answer(Self.stat(czxid: 20)) == Self.listing)
    #expect(test.answer(Self.children("me", "ready")) == nil)
    #expect(test.takeNews().isEmpty)
    // Somebody else replaced it meanwhile.
    #expect(test.tell(.deleted, "/b/ready") == Self.lookForReady)
    test.answer(Self.stat(czxid: 20))
    #expect(
      test.answer(Self.children("me", "other", "ready"))
        == .multi([
          .delete(path: bytes("/b/ready")),
          .create(path: bytes("/b/ready"), data: [], mode: .persistent, stat: false),
        ]))
    #expect(test.lose() == Self.lookForReady)
    test.answer(Self.stat(czxid: 61))
    #expect(test.takeNews() == [.entered])
  }

  @Test("A creation without an answer may have been ours; a node of another session is not")
  func joinUnknown() {
    for owner in [7, 6] as [Int64] {
      var test = RecipeUnderTest(
        DoubleBarrier(folder: bytes("/b"), name: bytes("me"), members: 2, session: 7))
      test.lose()
      #expect(test.refuse(.nodeExists) == .exists(path: bytes("/b/me")))
      let next = test.answer(Self.stat(czxid: 50, owner: owner))
      #expect(next == (owner == 7 ? Self.lookForReady : nil))
      #expect(test.takeNews() == (owner == 7 ? [] : [.failed(.nodeExists)]))
    }
  }

  @Test("Members leave together: the lowest waits for the highest, others for the lowest")
  func leaves() {
    var test = Self.doubleBarrier()
    test.answer(Self.stat(czxid: 60))
    test.effects.news = []
    test.recipe.leave(into: &test.effects)
    #expect(test.takeRequest() == Self.listing)
    #expect(
      test.answer(Self.children("me", "other", "ready"))
        == .getData(path: bytes("/b/other"), watch: true))
    test.answer(.data([], Stat()))
    #expect(test.tell(.deleted, "/b/other") == Self.listing)
    #expect(test.answer(Self.children("me", "ready")) == .delete(path: bytes("/b/me")))
    #expect(test.answer(.done) == Self.listing)
    #expect(test.answer(Self.children("ready")) == .delete(path: bytes("/b/ready")))
    test.refuse(.noNode)
    #expect(test.takeNews() == [.left])

    var higher = Self.doubleBarrier()
    higher.answer(Self.stat(czxid: 60))
    higher.recipe.leave(into: &higher.effects)
    #expect(higher.answer(Self.children("alpha", "me")) == .delete(path: bytes("/b/me")))
    higher.answer(.done)
    #expect(
      higher.answer(Self.children("alpha")) == .getData(path: bytes("/b/alpha"), watch: true))
  }

  // MARK: Queues

  @Test("An element whose creation was not answered is looked for, and if it is gone nobody knows")
  func enqueue() {
    for isThere in [true, false] {
      var test = RecipeUnderTest(
        EnqueueRecipe(folder: bytes("/q"), value: bytes("v"), guid: bytes("g")))
      #expect(
        test.takeRequest()
          == .create(
            path: bytes("/q/g_item_"), data: bytes("v"), mode: .persistentSequential, stat: false))
      #expect(test.lose() == .sync(path: bytes("/q")))
      #expect(
        test.answer(.synced(path: bytes("/q"))) == .getChildren(path: bytes("/q"), stat: false))
      test.answer(isThere ? Self.children("g_item_0000000003") : Self.children("h_item_0000000003"))
      #expect(test.takeNews() == [isThere ? .enqueued : .unknown])
    }
  }

  private static func dequeuing() -> RecipeUnderTest<DequeueRecipe> {
    var test = RecipeUnderTest(DequeueRecipe(folder: bytes("/q")))
    test.answer(children("b_item_0000000002", "a_item_0000000001"))
    return test
  }

  @Test("The delete's success is the claim; an element that is gone is somebody else's")
  func dequeue() {
    var test = Self.dequeuing()
    #expect(test.takeRequest() == .getData(path: bytes("/q/a_item_0000000001")))
    #expect(
      test.answer(.data(bytes("one"), Stat())) == .delete(path: bytes("/q/a_item_0000000001")))
    #expect(test.refuse(.noNode) == .getData(path: bytes("/q/b_item_0000000002")))
    test.answer(.data(bytes("two"), Stat()))
    test.answer(.done)
    #expect(test.takeNews() == [.dequeued(bytes("two"))])
  }

  @Test("A delete without an answer claims nothing: it is tried again, or nobody knows")
  func dequeueUnknown() {
    for isThere in [true, false] {
      var test = Self.dequeuing()
      let delete = test.answer(.data(bytes("one"), Stat()))
      #expect(test.lose() == .sync(path: bytes("/q/a_item_0000000001")))
      #expect(
        test.answer(.synced(path: [])) == .exists(path: bytes("/q/a_item_0000000001")))
      if isThere {
        #expect(test.answer(Self.stat(czxid: 1)) == delete)
        test.answer(.done)
        #expect(test.takeNews() == [.dequeued(bytes("one"))])
      } else {
        test.refuse(.noNode)
        #expect(test.takeNews() == [.unknown])
      }
    }
  }

  @Test("An empty queue is waited for; a change that came during the listing is not overlooked")
  func emptyQueue() {
    let listing = SessionRequest.getChildren(path: bytes("/q"), watch: true, stat: false)
    var test = RecipeUnderTest(DequeueRecipe(folder: bytes("/q")))
    #expect(test.answer(Self.children("not-an-item")) == nil)
    #expect(test.tell(.childrenChanged, "/q") == listing)
    test.answer(Self.children("a_item_0000000001"))
    #expect(test.tell(.childrenChanged, "/q") == nil)
    #expect(test.refuse(.noNode) == listing)
  }

  @Test("Whoever waits no more takes the watch away, and from a double barrier the node")
  func abandons() {
    var barrier = RecipeUnderTest(BarrierRecipe(path: bytes("/b")))
    barrier.answer(.data([], Stat()))
    barrier.recipe.conclude(into: &barrier.effects)
    #expect(barrier.takeRequest() == .removeWatches(path: bytes("/b"), kind: .data))
    barrier.answer(.done)
    #expect(barrier.takeNews() == [.abandoned])

    var queue = RecipeUnderTest(DequeueRecipe(folder: bytes("/q")))
    queue.recipe.conclude(into: &queue.effects)
    queue.answer(Self.children())
    queue.recipe.conclude(into: &queue.effects)
    #expect(queue.takeRequest() == .removeWatches(path: bytes("/q"), kind: .children))
    #expect(queue.tell(.childrenChanged, "/q") == nil)
    queue.refuse(.noWatcher)
    #expect(queue.takeNews() == [.abandoned])

    var double = Self.doubleBarrier()
    double.refuse(.noNode)
    double.answer(Self.children("me"))
    double.recipe.conclude(into: &double.effects)
    #expect(double.takeRequest() == .removeWatches(path: bytes("/b/ready"), kind: .data))
    #expect(double.answer(.done) == .delete(path: bytes("/b/me")))
    #expect(double.lose() == .delete(path: bytes("/b/me")))
    double.refuse(.noNode)
    #expect(double.takeNews() == [.abandoned])
  }

  // MARK: Counters

  @Test("A counter is changed only in the version that was read")
  func counter() {
    var test = RecipeUnderTest(CounterRecipe(path: bytes("/c"), adding: 5))
    #expect(test.takeRequest() == .getData(path: bytes("/c")))
    #expect(
      test.refuse(.noNode)
        == .create(path: bytes("/c"), data: bytes("0"), mode: .persistent, stat: false))
    #expect(test.refuse(.nodeExists) == .getData(path: bytes("/c")))
    #expect(
      test.answer(.data(bytes("10"), Stat(version: 3)))
        == .setData(path: bytes("/c"), data: bytes("15"), version: 3))
    #expect(test.refuse(.badVersion) == .getData(path: bytes("/c")))
    test.answer(.data(bytes("-7"), Stat(version: 4)))
    test.answer(.stat(Stat(version: 5)))
    #expect(test.takeNews() == [.counted(-2)])
  }

  @Test("A counter that is full, is no number, or whose answer was lost says so")
  func counterFailures() {
    var full = RecipeUnderTest(CounterRecipe(path: bytes("/c"), adding: 1))
    full.answer(.data(bytes("\(Int64.max)"), Stat()))
    #expect(full.takeNews() == [.failed(.badArguments)])
    var text = RecipeUnderTest(CounterRecipe(path: bytes("/c"), adding: 1))
    text.answer(.data(bytes("many"), Stat()))
    #expect(text.takeNews() == [.failed(.dataInconsistency)])
    var lost = RecipeUnderTest(CounterRecipe(path: bytes("/c"), adding: 1))
    lost.answer(.data(bytes("1"), Stat()))
    lost.lose()
    #expect(lost.takeNews() == [.unknown])
  }
}
