import Testing

@testable import Linearizability

/// Something that decides one partition, to be compared with brute force and with its like.
struct Engine: Sendable, CustomTestStringConvertible {
  let name: String
  /// Whether it must decide; others may say `unknown`, as monitors do of what is outside them.
  var isComplete = true
  let run: @Sendable (Partition, BuiltInModel, SearchBudget) -> PartitionResult

  var testDescription: String { name }

  /// Everything that is compared: to plug in another engine or monitor, add a line.
  static let all: [Engine] = [
    Engine(name: "checkLinearizability") { partition, model, budget in
      checkLinearizability(partition, model: model, budget: budget)
    },
    Engine(name: "plain search") { partition, model, budget in
      func open(_ specification: some Model<ModelOperation>) -> PartitionResult {
        PlainSearch(model: specification, entries: partition.entries).run(budget: budget)
      }
      return open(model.specification)
    },
    Engine(name: "monitors", isComplete: false) { partition, model, budget in
      decideByMonitor(partition, model: model, budget: budget)
        ?? PartitionResult(verdict: .unknown, decidedBy: "no monitor")
    },
    portfolio("depth first in the register's space", [.depthFirst, .registerSpace]),
    portfolio(
      "frontier in the register's space", [.wideFrontier, .registerSpace], dominanceThreshold: 1),
    portfolio("depth first", [.depthFirst]),
    portfolio("frontier", [.wideFrontier], dominanceThreshold: 1),
    portfolio("a frontier of one", [.wideFrontier, .registerSpace], width: 1),
  ]

  /// An engine alone; small histories have few configurations, so that a threshold of 1 lets a
  /// frontier drop all that are dominated.
  private static func portfolio(
    _ name: String, _ engines: Portfolio.Engines, width: Int = 2048,
    dominanceThreshold: Int = 32
  ) -> Engine {
    Engine(name: name) { partition, model, budget in
      var portfolio = Portfolio(engines: engines, budget: budget)
      portfolio.wideWidth = width
      portfolio.dominanceThreshold = dominanceThreshold
      return portfolio.decide(partition, model: model)
    }
  }
}
