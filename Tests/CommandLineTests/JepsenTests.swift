import LinnaeusBase
import Testing

@testable import linnaeus

/// Histories as Jepsen's own tests write them, in EDN and in its JSON lines.
@Suite("Jepsen's histories")
struct JepsenTests {
  /// A file, the model that is found in it, and the exit code of its check.
  static let histories: [(name: String, model: String, code: Int32, text: String)] = [
    (
      "queue", "queue", 0,
      """
      {:type :invoke, :f :enqueue, :value 1, :process 0, :time 1, :index 0}
      {:type :ok, :f :enqueue, :value 1, :process 0, :time 2, :index 1}
      {:type :invoke, :f :enqueue, :value 2, :process 1, :time 3, :index 2}
      {:type :info, :f :enqueue, :value 2, :process 1, :time 4, :error :timeout, :index 3}
      {:type :invoke, :f :dequeue, :value nil, :process 2, :time 5, :index 4}
      {:type :ok, :f :dequeue, :value 1, :process 2, :time 6, :index 5}
      {:type :info, :f :start, :value nil, :process :nemesis, :time 6, :index 6}
      {:type :invoke, :f :dequeue, :value nil, :process 2, :time 7, :index 7}
      {:type :fail, :f :dequeue, :value nil, :process 2, :time 8, :error :empty, :index 8}
      {:type :invoke, :f :drain, :value nil, :process 0, :time 9, :index 9}
      {:type :invoke, :f :drain, :value nil, :process 2, :time 10, :index 10}
      {:type :ok, :f :drain, :value [2], :process 0, :time 11, :index 11}
      {:type :ok, :f :drain, :value [], :process 2, :time 12, :index 12}
      """
    ),
    (
      "queue-lost", "queue", 1,
      """
      {:type :invoke, :f :enqueue, :value 1, :process 0}
      {:type :ok, :f :enqueue, :value 1, :process 0}
      {:type :invoke, :f :enqueue, :value 2, :process 0}
      {:type :ok, :f :enqueue, :value 2, :process 0}
      {:type :invoke, :f :drain, :value nil, :process 0}
      {:type :ok, :f :drain, :value [2], :process 0}
      """
    ),
    (
      "set", "set", 0,
      """
      {:type :invoke, :f :add, :value 0, :process 0, :time 1, :index 0}
      {:type :ok, :f :add, :value 0, :process 0, :time 2, :index 1}
      {:type :invoke, :f :add, :value 1, :process 1, :time 3, :index 2}
      {:type :info, :f :add, :value 1, :process 1, :time 4, :error :timeout, :index 3}
      {:type :invoke, :f :read, :value nil, :process 2, :time 5, :index 4}
      {:type :ok, :f :read, :value #{0 1}, :process 2, :time 6, :index 5}
      """
    ),
    (
      "register", "register", 1,
      """
      {:type :invoke, :f :write, :value [3 1], :process 0}
      {:type :ok, :f :write, :value [3 1], :process 0}
      {:type :invoke, :f :cas, :value [3 [1 2]], :process 1}
      {:type :ok, :f :cas, :value [3 [1 2]], :process 1}
      {:type :invoke, :f :read, :value [3 nil], :process 2}
      {:type :ok, :f :read, :value [3 1], :process 2}
      """
    ),
    (
      "list-append", "list-append", 1,
      """
      #jepsen.history.Op{:index 0, :type :invoke, :f :txn, :value [[:append :x 1]], :process 0}
      #jepsen.history.Op{:index 1, :type :ok, :f :txn, :value [[:append :x 1]], :process 0}
      #jepsen.history.Op{:index 2, :type :invoke, :f :txn, :value [[:r :x nil]], :process 1}
      #jepsen.history.Op{:index 3, :type :ok, :f :txn, :value [[:r :x nil]], :process 1}
      """
    ),
    (
      "rw-register", "rw-register", 0,
      """
      [{:index 0, :type :invoke, :f :txn, :value [[:w 0 1] [:r 1 nil]], :process 0}
       {:index 1, :type :ok, :f :txn, :value [[:w 0 1] [:r 1 nil]], :process 0}]
      """
    ),
  ]

  @Test("Each is read and decided by its model, and so is its twin", arguments: histories.indices)
  func decided(_ index: Int) throws {
    let (name, model, code, text) = Self.histories[index]
    let folder = try Scratch()
    let edn = try folder.write(text + "\n", to: "\(name).edn")
    let twin = "\(folder.path)/\(name).jsonl"
    #expect(try Program.run("convert", "--to", "jsonl", "-o", twin, edn).ending == .exit(0))
    for file in [edn, twin] {
      let run = try Program.run("check", file)
      #expect(run.ending == .exit(code), "\(run.output)\(run.errors)")
      #expect(run.output.contains(" (\(model), "), "\(run.output)")
    }
  }

  @Test("What is taken by a drain is proved as dequeues are")
  func certificate() throws {
    let folder = try Scratch()
    for index in [0, 1] {
      let file = try folder.write(Self.histories[index].text + "\n", to: "\(index).edn")
      let proof = "\(folder.path)/proof-\(index)"
      _ = try Program.run("check", "--certificate", proof, file)
      let run = try Program.run("verify", proof, file)
      #expect(run.ending == .exit(0), "\(run.output)\(run.errors)")
    }
  }
}
