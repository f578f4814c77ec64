import OperationHistory

/// The names of the models that come with Linnaeus.
public enum ModelName: String, CaseIterable, Sendable {
  /// See ``RegisterModel``.
  case register
  /// Values by key, which can be read, written, appended to, deleted, and compared and set.
  case keyValue = "key-value"
  /// Distinct values: added, removed, asked for one by one or all together.
  case set
  /// A number that is added to and read.
  case counter
  /// First in, first out.
  case queue
  /// Last in, first out.
  case stack
  /// Smallest number out first.
  case priorityQueue = "priority-queue"
  /// A lock that one owner holds at a time.
  case mutex
  /// A number of permits.
  case semaphore
  /// A list that is appended to and read whole.
  case listAppend = "list-append"
  /// What one path of ZooKeeper's tree holds; a model that another module brings (``ForeignModel``).
  case znode

  /// The models that this module specifies itself, and can infer.
  public static let allCases: [ModelName] = [
    .register, .keyValue, .set, .counter, .queue, .stack, .priorityQueue, .mutex, .semaphore,
    .listAppend,
  ]
}

/// One of the models that come with Linnaeus, with what it needs to know of a history.
public struct BuiltInModel: Sendable {
  /// Which model.
  public var name: ModelName
  /// The values that operations name.
  public var values: ValueTable
  /// How many permits a semaphore has.
  public var permits: Int64 = 1
  /// Whether a missing key of ``ModelName/keyValue`` reads as `""`, as in histories that append.
  public var missingIsEmpty = false
  /// Whether operations of many keys stand in one partition, each naming its key.
  public var keyed = false
  /// The specification of ``ModelName/znode``, which this module does not know.
  public var foreign: (any ForeignModel)?

  /// Names a model over the values of a history.
  public init(_ name: ModelName, values: ValueTable) {
    self.name = name
    self.values = values
  }

  /// The specification, to be opened by passing it to a generic function.
  public var specification: any Model<ModelOperation> {
    func wrapped(_ model: some Model<ModelOperation>) -> any Model<ModelOperation> {
      keyed ? KeyedModel(base: model) : model
    }
    return switch name {
    case .register: wrapped(RegisterModel())
    case .keyValue: wrapped(KeyValueModel(values: values, missingIsEmpty: missingIsEmpty))
    case .set: wrapped(SetModel(values: values))
    case .counter: wrapped(CounterModel(values: values))
    case .queue: wrapped(QueueModel())
    case .stack: wrapped(StackModel())
    case .priorityQueue: wrapped(PriorityQueueModel(values: values))
    case .mutex: wrapped(MutexModel())
    case .semaphore: wrapped(SemaphoreModel(permits: permits, values: values))
    case .listAppend: wrapped(ListAppendModel(values: values))
    case .znode: wrapped(brought)
    }
  }

  /// The model that another module brought.
  var brought: any ForeignModel {
    guard let foreign else { preconditionFailure("a model of another module was not brought") }
    return foreign
  }
}
