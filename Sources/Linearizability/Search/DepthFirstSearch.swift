/// Walks a space depth first: the most promising step first, back where it leads nowhere.
///
/// What was tried is remembered by layer and configuration, so that nothing is tried twice.
///
/// - Complexity: memory in proportion to the configurations at which there was a choice.
struct DepthFirstSearch<Space: SearchSpace> {
  private struct Alternative {
    var configuration: Space.Configuration
    var layer: Int32
    /// The step that led here; -1 for leaving the layer as it was.
    var operation: Int32
    /// How many steps precede it.
    var pathCount: Int32
    /// Whether the layer has been passed already.
    var isThrough: Bool
  }

  private struct Tried: Equatable {
    var configuration: Space.Configuration
    var layer: Int32
  }

  private var space: Space
  private let budget: SearchBudget
  private var alternatives: [Alternative] = []
  private var tried: [Tried] = []
  private var table = FingerprintTable()
  private var path: [(operation: Int32, layer: Int32)] = []
  private var steps: [Step<Space.Configuration>] = []
  private var best: (layer: Int, path: [(operation: Int32, layer: Int32)]) = (0, [])
  private var lastNote = 0
  private var reserved = 0

  init(space: Space, budget: SearchBudget) {
    self.space = space
    self.budget = budget
  }

  /// Searches until there is an answer or a limit.
  ///
  /// The search ends as cancelled when `isObsolete`, which it asks now and then, says so.
  mutating func run(isObsolete: () -> Bool = { false }) -> EngineOutcome {
    defer { budget.release(reserved) }
    guard space.layerCount > 0 else { return .found([]) }
    var deepestLayer = 0
    var configuration = space.initial
    guard space.admit(&configuration) else { return .impossible(layers: 0) }
    pushAlternatives(configuration)
    var turns = 0
    while let next = alternatives.popLast() {
      turns += 1
      if let limit = budget.limitNoticed { return stopped(limit, deepestLayer) }
      // A turn may take milliseconds where many operations are open.
      if turns & 15 == 0 {
        if isObsolete() { return stopped(.cancelled, deepestLayer) }
        if let limit = budget.limitReached { return stopped(limit, deepestLayer) }
      }
      if turns & 1023 == 0, let limit = reserveMemory() { return stopped(limit, deepestLayer) }
      if space.layer > max(best.layer, Int(next.layer)) { noteDeepest(turns) }
      path.removeLast(path.count - Int(next.pathCount))
      while space.layer > Int(next.layer) { space.retreat() }
      while space.layer < Int(next.layer) { space.advance() }
      if next.operation >= 0 { path.append((next.operation, next.layer)) }
      var configuration = next.configuration
      if next.isThrough {
        guard space.layer + 1 < space.layerCount else { return .found(path) }
        space.advance()
        deepestLayer = max(deepestLayer, space.layer)
        guard space.admit(&configuration) else { continue }
      }
      pushAlternatives(configuration)
    }
    return .impossible(layers: deepestLayer)
  }

  /// Remembers the way to the deepest layer before the search turns around there, unless copying it
  /// would take longer than the search does.
  private mutating func noteDeepest(_ turns: Int) {
    guard turns - lastNote >= path.count / 8 else { return }
    best = (space.layer, path)
    lastNote = turns
  }

  private func stopped(_ limit: LimitReached, _ deepestLayer: Int) -> EngineOutcome {
    // Where it is deepest it has turned around most often.
    space.layer > best.layer
      ? .stopped(limit, layers: space.layer, steps: path, hardestLayer: deepestLayer)
      : .stopped(limit, layers: best.layer, steps: best.path, hardestLayer: deepestLayer)
  }

  /// Pushes what may follow a configuration of this layer, the most promising last.
  private mutating func pushAlternatives(_ configuration: Space.Configuration) {
    steps.removeAll(keepingCapacity: true)
    space.appendSteps(from: configuration, to: &steps)
    let layer = Int32(space.layer)
    let pathCount = Int32(path.count)
    var through = configuration
    let passes = space.mayPass(configuration) && space.pass(&through)
    if steps.count + (passes ? 1 : 0) > 1 {
      let entry = Tried(configuration: configuration, layer: layer)
      let fingerprint = mix(space.fingerprint(configuration), UInt64(layer))
      let isNew = table.insert(fingerprint, Int32(tried.count)) { [tried] index in
        tried[Int(index)] == entry
      }
      guard isNew else { return }
      tried.append(entry)
    }
    for step in steps {
      alternatives.append(
        Alternative(
          configuration: step.result, layer: layer, operation: step.operation,
          pathCount: pathCount, isThrough: false))
    }
    guard passes else { return }
    alternatives.append(
      Alternative(
        configuration: through, layer: layer, operation: -1, pathCount: pathCount,
        isThrough: true))
  }

  private mutating func reserveMemory() -> LimitReached? {
    let bytes =
      alternatives.capacity * MemoryLayout<Alternative>.stride
      + tried.capacity * MemoryLayout<Tried>.stride + table.bytes + space.bytes
    guard bytes > reserved else { return nil }
    guard budget.reserve(bytes * 2 - reserved) else { return .memory }
    reserved = bytes * 2
    return nil
  }
}
