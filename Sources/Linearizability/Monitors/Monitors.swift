/// Decides a partition in polynomial time, where a monitor for its model applies; else nil.
///
/// The budget is asked for time only; the memory is linear in the partition.
func decideByMonitor(
  _ partition: Partition, model: BuiltInModel, budget: SearchBudget
) -> PartitionResult? {
  switch model.name {
  case .set:
    GrowingSetMonitor.decide(partition, model: model, budget: budget)
      ?? SetMonitor.decide(partition, model: model, budget: budget)
  case .listAppend: ListAppendMonitor.decide(partition, model: model, budget: budget)
  case .keyValue: TextAppendMonitor.decide(partition, model: model, budget: budget)
  case .queue: QueueMonitor.decide(partition, model: model, budget: budget)
  case .stack: StackMonitor.decide(partition, model: model, budget: budget)
  case .priorityQueue: PriorityQueueMonitor.decide(partition, model: model, budget: budget)
  case .mutex: MutexMonitor.decide(partition, model: model, budget: budget)
  case .counter: CounterMonitor.decide(partition, model: model, budget: budget)
  case .semaphore: SemaphoreMonitor.decide(partition, model: model, budget: budget)
  case .znode: model.foreign.flatMap { decideByLikelyOrder(partition, $0) }
  default: nil
  }
}
