import ClientSession
import Jute
import LinnaeusBase

extension ClientProcess {
  /// Begins a recipe.
  mutating func begin(_ activity: Activity, _ now: Instant, _ record: inout RunRecord) {
    let recipe = work.makeRecipe(activity, session: session.session)
    let lock = recipe as? LockRecipe
    run = RecipeRun(
      recipe: recipe, number: work.recipeCount,
      isExclusive: recipe is LeaderElection || lock.map { $0.kind != .read } ?? false)
    giveUpLater(now)
    withRecipe(now, &record) { $0.begin(into: &$1) }
  }

  /// Sets when the recipe is given up, should it still be waiting then.
  private mutating func giveUpLater(_ now: Instant) {
    let patience = max(1, options.patienceNanoseconds)
    run?.concludesAt = Instant(nanoseconds: now.nanoseconds + patience)
  }

  /// Calls the recipe under way, if there is one, and does what it asks for.
  mutating func withRecipe(
    _ now: Instant, _ record: inout RunRecord,
    _ call: (inout any Recipe, inout RecipeEffects) -> Void
  ) {
    guard var run else { return }
    var effects = RecipeEffects()
    call(&run.recipe, &effects)
    if let request = effects.request {
      plan.append(PlannedRequest(request: request, intent: .recipe(run.number)))
    }
    for news in effects.news { take(news, &run, now, &record) }
    self.run = run.recipe.isOver ? nil : run
  }

  private func take(
    _ news: RecipeNews, _ run: inout RecipeRun, _ now: Instant, _ record: inout RunRecord
  ) {
    let hold = max(0, options.holdNanoseconds)
    let conclusion = Instant(nanoseconds: now.nanoseconds + hold)
    switch news {
    case .acquired(let token, let node):
      let folder = Array(node.dropLast(node.count - (node.lastIndex(of: 0x2F) ?? 0)))
      let holding = Holding(lock: folder, token: token, node: node)
      record.history.lock("acquired", holding, at: place, now: now)
      run.holding = holding
      run.concludesAt = conclusion
      if run.isExclusive { run.usesAt = Instant(nanoseconds: now.nanoseconds + hold / 2) }
    case .entered: run.concludesAt = conclusion
    case .lost:
      guard let holding = run.holding else { return }
      record.history.lock("released", holding, isLost: true, at: place, now: now)
      run.letGo()
    case .released, .left, .enqueued, .dequeued, .counted, .abandoned, .unknown, .failed: break
    }
  }

  /// Does what is due with a lock that is held.
  ///
  /// It comes before the session is told the time: a client that was away acts on what it believes
  /// before it hears that its session is over, as threads do.
  mutating func useHolding(_ now: Instant, _ record: inout RunRecord) {
    if let holding = run?.holding, let usesAt = run?.usesAt, now >= usesAt {
      run?.usesAt = nil
      let isAccepted = record.use(
        holding.lock, token: holding.token, fences: options.fencesResource)
      record.history.effect(
        on: holding.lock, token: holding.token, isAccepted: isAccepted, at: place, now: now)
    }
    if let concludesAt = run?.concludesAt, now >= concludesAt { concludeRecipe(now, &record) }
  }

  /// Ends the recipe under way, as far as it can be ended.
  mutating func concludeRecipe(_ now: Instant, _ record: inout RunRecord) {
    if let holding = run?.holding {
      record.history.lock("released", holding, at: place, now: now)
    }
    run?.letGo()
    // One that cannot be ended at this moment is asked again.
    giveUpLater(now)
    withRecipe(now, &record) { $0.conclude(into: &$1) }
  }
}
