import Consistency
import LinnaeusBase
import Linearizability
import OperationHistory
import Report

/// The list of a folder's histories and of their verdicts, `expected.json`:
/// `{"a/b.jsonl":{"model":"register","verdicts":{"linearizable":"violated"},"made":"by hand"}}`.
struct Corpus {
  /// What the list says of one history.
  struct Entry {
    var name: String
    var model: ModelName?
    /// Whether the model is `zookeeper`.
    var isZooKeeper = false
    /// Whether the model is `rw-register`.
    var isTransactional = false
    var expectations: [(guarantee: String, Expectation)]
  }

  let folder: String
  var listPath: String { folder + "/expected.json" }
  private(set) var entries: [Entry] = []
  private var numbers: [String: Int] = [:]

  /// What the list says of the file at that path.
  func entry(path: String) -> Entry? {
    guard path.hasPrefix(folder + "/") else { return nil }
    return numbers[String(path.dropFirst(folder.count + 1))].map { entries[$0] }
  }

  /// Reads the list of a folder.
  init(folder: String) throws(FileFailure) {
    self.folder = folder
    let path = folder + "/expected.json"
    let value: Value
    do {
      value = try InputBytes(path: path).withBytes { bytes throws(HistoryError) in
        try parseJSON(bytes)
      }
    } catch let error as SystemError {
      throw FileFailure(error)
    } catch let error as HistoryError {
      throw FileFailure(error, file: path)
    } catch {
      throw FileFailure(HistoryError(line: 0, "\(error)"), file: path)
    }
    guard case .map(let fields) = value else { throw Self.failure(path, "a map of histories") }
    for field in fields {
      guard case .string(let name) = field.name else { continue }
      numbers[name] = entries.count
      entries.append(try Self.entry(name, field.value, path))
    }
  }

  private static func entry(
    _ name: String, _ value: Value, _ path: String
  ) throws(FileFailure) -> Entry {
    guard case .map(let fields) = value,
      case .map(let verdicts)? = fields.first(where: { $0.name == .string("verdicts") })?.value,
      !verdicts.isEmpty
    else {
      throw failure(
        path,
        "\"verdicts\", a map of guarantees, for \"\(name)\" (--no-expected"
          + " checks the files without it)")
    }
    var entry = Entry(name: name, model: nil, expectations: [])
    if case .string(let model)? = fields.first(where: { $0.name == .string("model") })?.value {
      entry.isZooKeeper = model == "zookeeper"
      entry.isTransactional = model == TransactionModel.register.rawValue
      if !entry.isZooKeeper, !entry.isTransactional {
        guard let known = ModelName(rawValue: model) else {
          throw failure(path, "a model of this program for \"\(name)\", not \"\(model)\"")
        }
        entry.model = known
      }
    }
    for verdict in verdicts {
      guard case .string(let guarantee) = verdict.name, case .string(let word) = verdict.value,
        let expected = ReportedVerdict(rawValue: word)
      else {
        throw failure(path, "holds, violated, unknown or malformed as verdict of \"\(name)\"")
      }
      let mayBeTransactions = entry.isTransactional || entry.model == .listAppend
      let isKnown =
        guarantee == "linearizable"
        || (entry.isZooKeeper && Requirement(name: guarantee) != nil)
        || (mayBeTransactions && IsolationLevel(rawValue: guarantee) != nil)
      entry.expectations.append(
        (guarantee, isKnown ? .verdict(expected) : .undecidable(guarantee)))
    }
    return entry
  }

  private static func failure(_ path: String, _ expected: String) -> FileFailure {
    FileFailure(HistoryError(line: 0, "expected \(expected)"), file: path)
  }
}
