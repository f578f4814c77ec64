/// What an engine found.
enum EngineOutcome {
  /// The steps of an order, each with its layer.
  case found([(operation: Int32, layer: Int32)])
  /// No order exists; so many layers can be passed, if results are known that come later.
  case impossible(layers: Int)
  /// A limit; so many layers were passed, with these steps; the layer that took the most work.
  case stopped(
    LimitReached, layers: Int, steps: [(operation: Int32, layer: Int32)], hardestLayer: Int)
  /// A frontier of the largest width allowed led nowhere.
  case gaveUp
}

/// Walks a space breadth first, layer by layer, all configurations of a layer together.
///
/// It keeps only the most promising configurations of each layer, as many as its width. If those
/// lead nowhere it goes back some way and goes on from there with a larger width, until it is past
/// the place where it failed; each failure at the same place takes it farther back. The last layer
/// of which it knew all configurations is as far as it has to go: when a frontier from there never
/// had to be cut, its end is a proof.
///
/// - Complexity: memory in proportion to the width and to the steps of the paths still alive.
struct FrontierSearch<Space: SearchSpace> {
  fileprivate struct Member {
    var configuration: Space.Configuration
    /// The last step on its way, an index into `trail`.
    var trail: Int32
  }

  private struct TrailStep: Sendable {
    var parent: Int32
    var operation: Int32
    var layer: Int32
  }

  fileprivate struct Checkpoint {
    var layer: Int
    var members: [Member]
  }

  private var space: Space
  private let budget: SearchBudget
  private let baseWidth: Int
  private let dominanceThreshold: Int
  private var trail: [TrailStep] = []
  private var trailLimit = 1 << 16
  private var frontier: [Member]
  private var passed: [Member] = []
  private var table = FingerprintTable()
  private var steps: [Step<Space.Configuration>] = []
  private var work: [Member] = []
  private var stepsTaken = 0
  private var reserved = 0
  /// Whether a configuration was dropped on the way to the frontier.
  private var isCut = false
  /// The last layer of which all configurations are known, once a frontier was cut; then places to
  /// go back to, of which some configurations are known, in ascending order.
  private var checkpoints: [Checkpoint] = []
  /// The farthest layer at which a frontier ended, and how often in a row.
  private var failure = (layer: -1, count: 0)
  private var hardest = (layer: 0, work: 0)
  private var deepest: (layer: Int, trail: [(operation: Int32, layer: Int32)]) = (0, [])

  /// Starts a search that keeps `baseWidth` configurations of a layer at first, and looks for
  /// dominated ones among more than `dominanceThreshold`.
  init(space: Space, budget: SearchBudget, baseWidth: Int, dominanceThreshold: Int = 32) {
    self.space = space
    self.budget = budget
    self.baseWidth = baseWidth
    self.dominanceThreshold = dominanceThreshold
    frontier = [Member(configuration: space.initial, trail: -1)]
  }

  private static var checkpointDistance: Int { 64 }
  private static var growth: Int { 4 }

  /// Searches until there is an answer or a limit; may be called again after it gave up.
  ///
  /// - Parameters:
  ///   - largestWidth: beyond which it gives up.
  ///   - isObsolete: asked now and then; true ends the search as cancelled.
  /// - Returns: what it found.
  mutating func run(
    largestWidth: Int = .max, isObsolete: () -> Bool = { false }
  ) -> EngineOutcome {
    defer {
      budget.release(reserved)
      reserved = 0
    }
    guard space.layerCount > 0 else { return .found([]) }
    var width = self.width
    while true {
      let layer = space.layer
      if layer & 63 == 0, isObsolete() { return stopped(.cancelled) }
      if layer > failure.layer + Self.checkpointDistance, failure.count > 0 {
        failure.count = 0
        width = self.width
      }
      if isCut, layer >= (checkpoints.last?.layer ?? 0) + Self.checkpointDistance {
        checkpoints.append(Checkpoint(layer: layer, members: frontier))
        thinCheckpoints()
      }
      if frontier.count == 1, passAlone() {
        if layer & 255 == 255, let limit = budget.limitReached { return stopped(limit) }
      } else if let limit = expandLayer(width: width, isObsolete) {
        return stopped(limit)
      }
      guard passed.isEmpty else {
        swap(&frontier, &passed)
        noteProgress()
        if layer + 1 == space.layerCount { return .found(path(frontier[0].trail)) }
        if trail.count > trailLimit { collectTrail() }
        space.advance()
        continue
      }
      guard isCut else { return .impossible(layers: space.layer) }
      goBack()
      width = self.width
      if width > largestWidth { return .gaveUp }
    }
  }

  /// The width after so many failures at the same place.
  private var width: Int {
    var width = baseWidth
    for _ in 0..<failure.count {
      guard width < 1 << 26 else { return .max }
      width *= Self.growth
    }
    return width
  }

  /// Goes back from where the frontier ended, the farther the oftener it ended there.
  private mutating func goBack() {
    failure.layer = max(failure.layer, space.layer)
    failure.count += 1
    if space.layer > deepest.layer { deepest = (space.layer, path(frontier[0].trail)) }
    var distance = Self.checkpointDistance
    for _ in 1..<max(2, failure.count) where distance < space.layerCount { distance *= 4 }
    // From the fifth failure on only the first checkpoint is sure to be far enough.
    let goal = failure.count > 5 ? 0 : space.layer - distance
    while checkpoints.count > 1, let last = checkpoints.last, last.layer > goal {
      checkpoints.removeLast()
    }
    guard let checkpoint = checkpoints.last else { return }
    frontier = checkpoint.members
    while space.layer > checkpoint.layer { space.retreat() }
    if checkpoints.count == 1 {
      checkpoints.removeAll()
      isCut = false
    }
  }

  /// Keeps the first checkpoint and, of the others, fewer the older they are.
  private mutating func thinCheckpoints() {
    guard checkpoints.count > 32 else { return }
    var kept = checkpoints.prefix(1)
    for index in checkpoints.indices.dropFirst() {
      let age = checkpoints.count - index
      if age <= 8 || (age <= 16 && index % 2 == 0) || index % 4 == 0 {
        kept.append(checkpoints[index])
      }
    }
    checkpoints = Array(kept)
  }

  private func stopped(_ limit: LimitReached) -> EngineOutcome {
    guard space.layer > deepest.layer, let first = frontier.first else {
      return .stopped(
        limit, layers: deepest.layer, steps: deepest.trail, hardestLayer: hardest.layer)
    }
    return .stopped(
      limit, layers: space.layer, steps: path(first.trail), hardestLayer: hardest.layer)
  }

  private mutating func noteProgress() {
    if work.count > hardest.work { hardest = (space.layer, work.count) }
  }

  /// Remembers the layer's beginning before its first configuration is dropped.
  private mutating func cut() {
    guard !isCut else { return }
    isCut = true
    checkpoints = [Checkpoint(layer: space.layer, members: frontier)]
  }

  /// Takes a sole member through this layer where it has no choice, into `passed`.
  ///
  /// - Returns: false, with nothing done, if there is a choice or no way.
  private mutating func passAlone() -> Bool {
    var member = frontier[0]
    guard space.admit(&member.configuration) else { return false }
    let trailCount = trail.count
    while true {
      steps.removeAll(keepingCapacity: true)
      space.appendSteps(from: member.configuration, to: &steps)
      let passes = space.mayPass(member.configuration)
      if passes, steps.isEmpty, space.pass(&member.configuration) { break }
      guard !passes, steps.count == 1, trail.count < trailCount + 64 else {
        trail.removeLast(trail.count - trailCount)
        return false
      }
      trail.append(
        TrailStep(
          parent: member.trail, operation: steps[0].operation, layer: Int32(space.layer)))
      member = Member(configuration: steps[0].result, trail: Int32(trail.count - 1))
    }
    work.removeAll(keepingCapacity: true)
    passed.removeAll(keepingCapacity: true)
    passed.append(member)
    return true
  }

  /// Takes all members of the frontier through this layer, into `passed`.
  private mutating func expandLayer(width: Int, _ isObsolete: () -> Bool) -> LimitReached? {
    passed.removeAll(keepingCapacity: true)
    work.removeAll(keepingCapacity: true)
    table.removeAll()
    for index in frontier.indices {
      var member = frontier[index]
      if space.admit(&member.configuration) { _ = visit(member) }
    }
    let workLimit = width >= .max / 16 ? Int.max : width * 16
    var index = 0
    while index < work.count {
      if let limit = budget.limitNoticed { return limit }
      // A step may take milliseconds where many operations are open.
      stepsTaken &+= 1
      if stepsTaken & 15 == 0 {
        if isObsolete() { return .cancelled }
        if let limit = budget.limitReached { return limit }
      }
      if index & 255 == 255, let limit = reserveMemory() { return limit }
      guard index < workLimit else {
        cut()
        break
      }
      let member = work[index]
      index += 1
      steps.removeAll(keepingCapacity: true)
      space.appendSteps(from: member.configuration, to: &steps)
      for step in steps
      where visit(Member(configuration: step.result, trail: Int32(trail.count))) {
        trail.append(
          TrailStep(parent: member.trail, operation: step.operation, layer: Int32(space.layer)))
      }
    }
    if space.layer & 63 == 63, let limit = budget.limitReached { return limit }
    if passed.count > min(width, dominanceThreshold) { removeDominated() }
    if passed.count > width {
      cut()
      keepBest(width)
    }
    return nil
  }

  /// Takes a configuration of this layer: to be stepped from, to pass, or both.
  ///
  /// - Returns: false if it is known already.
  private mutating func visit(_ member: Member) -> Bool {
    let fingerprint = space.fingerprint(member.configuration)
    guard
      table.insert(
        fingerprint, Int32(work.count),
        equal: { work[Int($0)].configuration == member.configuration })
    else { return false }
    work.append(member)
    guard space.mayPass(member.configuration) else { return true }
    var through = member
    if space.pass(&through.configuration) { passed.append(through) }
    return true
  }

  private mutating func reserveMemory() -> LimitReached? {
    let bytes =
      (work.capacity + passed.capacity + frontier.capacity) * MemoryLayout<Member>.stride
      + trail.capacity * MemoryLayout<TrailStep>.stride + table.bytes + space.bytes
    guard bytes > reserved else { return nil }
    // Arrays double when they grow, and hold the old copy meanwhile.
    guard budget.reserve(bytes * 2 - reserved) else { return .memory }
    reserved = bytes * 2
    return nil
  }

  // MARK: Keeping a frontier small

  private mutating func removeDominated() {
    var classes: [(key: UInt64, score: Int32, index: Int32)] = []
    classes.reserveCapacity(passed.count)
    for (index, member) in passed.enumerated() {
      classes.append(
        (
          space.dominanceClass(member.configuration), space.score(member.configuration),
          Int32(index)
        ))
    }
    classes.sort { $0.key != $1.key ? $0.key < $1.key : $0.score > $1.score }
    var kept: [Member] = []
    kept.reserveCapacity(passed.count)
    var start = 0
    for (place, entry) in classes.enumerated() {
      if place == 0 || classes[place - 1].key != entry.key { start = kept.count }
      let member = passed[Int(entry.index)]
      // By index: a slice of `kept` would make the next append copy all of it.
      let compared = start..<min(start + 48, kept.count)
      if compared.contains(where: {
        space.dominates(kept[$0].configuration, member.configuration)
      }) {
        continue
      }
      kept.append(member)
    }
    passed = kept
  }

  private mutating func keepBest(_ width: Int) {
    var scores = passed.enumerated().map {
      (score: space.score($0.element.configuration), index: Int32($0.offset))
    }
    scores.sort { $0.score != $1.score ? $0.score > $1.score : $0.index < $1.index }
    passed = scores.prefix(width).map { passed[Int($0.index)] }
  }

  // MARK: The way back

  private func path(_ last: Int32) -> [(operation: Int32, layer: Int32)] {
    var path: [(operation: Int32, layer: Int32)] = []
    var index = last
    while index >= 0 {
      let step = trail[Int(index)]
      path.append((step.operation, step.layer))
      index = step.parent
    }
    path.reverse()
    return path
  }

  /// Forgets the steps that no living configuration has on its way.
  private mutating func collectTrail() {
    var new = [Int32](repeating: -1, count: trail.count)
    let members = [frontier] + checkpoints.map(\.members)
    for member in members.joined() {
      var index = member.trail
      while index >= 0, new[Int(index)] < 0 {
        new[Int(index)] = 0
        index = trail[Int(index)].parent
      }
    }
    var count: Int32 = 0
    for index in trail.indices where new[index] == 0 {
      let step = trail[index]
      new[index] = count
      trail[Int(count)] = TrailStep(
        parent: step.parent < 0 ? -1 : new[Int(step.parent)], operation: step.operation,
        layer: step.layer)
      count += 1
    }
    trail.removeLast(trail.count - Int(count))
    for index in frontier.indices where frontier[index].trail >= 0 {
      frontier[index].trail = new[Int(frontier[index].trail)]
    }
    for place in checkpoints.indices {
      for index in checkpoints[place].members.indices
      where checkpoints[place].members[index].trail >= 0 {
        let old = Int(checkpoints[place].members[index].trail)
        checkpoints[place].members[index].trail = new[old]
      }
    }
    trailLimit = max(1 << 16, trail.count * 2)
  }
}

extension FrontierSearch: Sendable where Space: Sendable, Space.Configuration: Sendable {}
extension FrontierSearch.Member: Sendable where Space.Configuration: Sendable {}
extension FrontierSearch.Checkpoint: Sendable where Space.Configuration: Sendable {}
