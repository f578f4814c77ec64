import Consistency
import LinnaeusBase
import Linearizability
import OperationHistory
import Report

/// A file to check.
struct InputFile: Sendable {
  /// Where it is, as it is printed; `-` is standard input.
  var path: String
  /// Its path below the folder that was named, or its own name.
  var shortName: String
  /// What a corpus says of it.
  var expectation = Expectation.none
  /// The model that a corpus names.
  var model: ModelName?
  /// Whether that is `zookeeper`.
  var isZooKeeper = false
  /// Whether that is `rw-register`.
  var isTransactional = false
  /// The guarantee of which a corpus says something.
  var requirement: Requirement?
  /// The same, of transactions.
  var isolation: IsolationLevel?
}

/// The files that the operands stand for.
struct InputList {
  /// In the order of the operands; those of a folder by name.
  private(set) var files: [InputFile] = []
  /// The corpora among the folders: their lists, and how many histories each names.
  private(set) var corpora: [(list: String, count: Int)] = []
  /// What was left out, and why.
  private(set) var notes: [String] = []
  /// Folders and lists that cannot be read.
  private(set) var failures: [FileFailure] = []

  private static let endings = [".jsonl", ".json", ".edn", ".log", ".txt"]
  private static let otherNames: Set<String> = [
    "expected.json", "expected.txt", "README", "README.md", "README.txt",
  ]

  init(_ operands: [String], comparesWithExpected: Bool) {
    for operand in operands {
      guard operand != "-", System.isFolder(operand) == true else {
        let name = operand.split(separator: "/").last.map(String.init) ?? operand
        files.append(InputFile(path: operand, shortName: operand == "-" ? "stdin" : name))
        continue
      }
      let before = files.count
      var root = operand
      while root.count > 1, root.hasSuffix("/") { root.removeLast() }
      let walk = FolderWalk(root: root, comparesWithExpected: comparesWithExpected)
      walk.visit(root, corpus: nil, into: &self)
      if files.count == before, failures.isEmpty {
        // Nobody shall take it for a good sign that nothing was found in it.
        failures.append(
          FileFailure(
            message: "\(operand) holds no history (\(Self.endings.joined(separator: " ")))",
            status: .unreadable))
      }
    }
  }

  /// One folder that was named, and all below it.
  private struct FolderWalk {
    let root: String
    let comparesWithExpected: Bool

    func visit(_ folder: String, corpus: Corpus?, into list: inout InputList) {
      let names: [String]
      do {
        names = try System.names(inFolder: folder)
      } catch {
        list.failures.append(FileFailure(error))
        return
      }
      guard corpus == nil, comparesWithExpected, names.contains("expected.json") else {
        return visit(names, of: folder, corpus, into: &list)
      }
      do {
        let corpus = try Corpus(folder: folder)
        list.corpora.append((corpus.listPath, corpus.entries.count))
        let first = list.files.count
        visit(names, of: folder, corpus, into: &list)
        list.addMissing(of: corpus, from: first, root: root)
      } catch {
        list.failures.append(error)
      }
    }

    private func visit(
      _ names: [String], of folder: String, _ corpus: Corpus?,
      into list: inout InputList
    ) {
      for name in names where !name.hasPrefix(".") && !InputList.otherNames.contains(name) {
        let path = folder == "/" ? "/" + name : folder + "/" + name
        if System.isFolder(path) == true {
          guard !System.isLink(path) else {
            list.notes.append("\(path) was left out: it is a link to a folder")
            continue
          }
          visit(path, corpus: corpus, into: &list)
        } else if InputList.endings.contains(where: { name.hasSuffix($0) }) {
          list.add(path, root: root, corpus: corpus)
        } else {
          list.notes.append(
            "\(path) was left out: histories end in \(InputList.endings.joined(separator: " "))")
        }
      }
    }
  }

  private mutating func add(_ path: String, root: String, corpus: Corpus?) {
    let file = InputFile(path: path, shortName: Self.below(root, path))
    guard let corpus else {
      files.append(file)
      return
    }
    guard let entry = corpus.entry(path: path) else {
      var unlisted = file
      unlisted.expectation = .notListed
      files.append(unlisted)
      return
    }
    files += Self.expected(file, entry)
  }

  /// The file once for each guarantee that the list names.
  private static func expected(_ file: InputFile, _ entry: Corpus.Entry) -> [InputFile] {
    entry.expectations.map { expectation in
      var listed = file
      listed.model = entry.model
      listed.isZooKeeper = entry.isZooKeeper
      listed.isTransactional = entry.isTransactional
      listed.requirement = Requirement(name: expectation.guarantee)
      listed.isolation = IsolationLevel(rawValue: expectation.guarantee)
      listed.expectation = expectation.1
      return listed
    }
  }

  private mutating func addMissing(of corpus: Corpus, from first: Int, root: String) {
    let found = Set(files[first...].map(\.path))
    for entry in corpus.entries {
      let path = corpus.folder + "/" + entry.name
      guard !found.contains(path) else { continue }
      var missing = InputFile(path: path, shortName: Self.below(root, path))
      missing.expectation = .missing
      files.append(missing)
    }
  }

  private static func below(_ root: String, _ path: String) -> String {
    path.hasPrefix(root + "/") ? String(path.dropFirst(root.count + 1)) : path
  }
}
