import LinnaeusBase
import OperationHistory
import Testing

@Suite("Round trips")
struct RoundTripTests {
  @Test(
    "A history that is written in its own format reads back the same",
    arguments: [
      HistoryFormat.native, .edn, .jsonl,
    ])
  func sameFormat(format: HistoryFormat) throws {
    for seed in 0..<UInt64(100 * effort) {
      var random = SeededRandom(seed: seed)
      guard let history = try? randomHistory(&random, format: format) else { continue }
      let written = text(history, as: format)
      let again = try read(written, as: format)
      #expect(fingerprint(again) == fingerprint(history), "seed \(seed)\n\(written)")
      #expect(annotations(again) == annotations(history), "seed \(seed)\n\(written)")
      #expect(again.header == history.header || format != .native, "seed \(seed)\n\(written)")
      #expect(text(again, as: format) == written, "seed \(seed)")
      #expect(times(again) == times(history), "seed \(seed)\n\(written)")
    }
  }

  @Test(
    "A history that is written in another format reads back the same",
    arguments: [
      HistoryFormat.native, .edn, .jsonl,
    ])
  func otherFormats(format: HistoryFormat) throws {
    for seed in 1_000..<1_000 + UInt64(60 * effort) {
      var random = SeededRandom(seed: seed)
      guard let history = try? randomHistory(&random, format: format) else { continue }
      for other in [HistoryFormat.native, .edn, .jsonl] where other != format {
        let written = text(history, as: other)
        let again = try read(written, as: other)
        let message: Comment = "seed \(seed) to \(other)\n\(text(history, as: format))\n\(written)"
        #expect(again.annotations.count == history.annotations.count, message)
        let (left, right) = (fingerprint(again), fingerprint(history))
        // Where Jepsen's formats would misunderstand an error it has another name.
        let renamed = format == .native && history.operations.contains { $0.outcome == .fail }
        let recorded =
          other == .native && !written.contains("\"time\"")
          && history.operations.contains { $0.invocationTime != .min }
        if renamed || recorded {
          #expect(left.count == right.count, message)
        } else {
          #expect(left == right, message)
        }
      }
    }
  }

  @Test("What Jepsen writes as keywords of its nemesis is written so, wherever it came from")
  func nemesisInEDN() throws {
    let history = try read(
      #"{"type":"info","process":"nemesis","f":"start","value":"all","time":3}"#, as: .jsonl)
    #expect(
      text(history, as: .edn)
        == #"{:type :info, :process :nemesis, :f :start, :value "all", :time 3}"# + "\n")
  }

  @Test("The usual way of writing, which is read faster, means the same as any other")
  func usualAndUnusual() throws {
    for seed in 0..<UInt64(100 * effort) {
      var random = SeededRandom(seed: seed)
      let format: HistoryFormat = seed % 2 == 0 ? .native : .jsonl
      guard var history = try? randomHistory(&random, format: format) else { continue }
      history.isIndexed = format == .jsonl && seed % 3 == 0
      // The fast way is not taken near the end of the file.
      let usual = text(history, as: format) + String(repeating: "\n", count: 100)
      let unusual = usual.replacing("\n{\"type\"", with: "\n{ \"type\"")
      let (fast, slow) = (try read(usual), try read(unusual))
      #expect(fingerprint(fast) == fingerprint(slow), "seed \(seed)\n\(usual)")
      #expect(times(fast) == times(slow), "seed \(seed)\n\(usual)")
      #expect(annotations(fast) == annotations(slow), "seed \(seed)\n\(usual)")
      #expect(fast.isIndexed == slow.isIndexed, "seed \(seed)\n\(usual)")
      #expect(
        fast.operations.map(\.invocationLine) == slow.operations.map(\.invocationLine),
        "seed \(seed)\n\(usual)")
    }
  }

  private func times(_ history: History) -> [Int64] {
    history.operations.flatMap { [$0.invocationTime, $0.completionTime] }
  }

  @Test("Failed operations with an error stay observations where they were")
  func failedCas() throws {
    let native = try read(
      """
      {"linnaeus":1}
      {"type":"invoke","process":0,"f":"cas","value":[1,2]}
      {"type":"fail","process":0,"f":"cas","error":"no"}
      """)
    for format in [HistoryFormat.native, .edn, .jsonl] {
      let again = try read(text(native, as: format))
      #expect(again.failedCasIsObservation(again.operations[0]), "\(format)")
    }
    let edn = try read(
      "{:process 0 :type :invoke :f :cas} {:process 0 :type :fail :f :cas :error :no}")
    for format in [HistoryFormat.native, .edn, .jsonl] {
      let again = try read(text(edn, as: format))
      #expect(!again.failedCasIsObservation(again.operations[0]), "\(format)")
    }
  }

  @Test("Times that contradict the lines do not decide in a native file")
  func contradictoryTimes() throws {
    let history = try read(
      """
      {:process 0 :type :invoke :f :w :time 5} {:process 0 :type :ok :f :w :time 9}
      {:process 1 :type :invoke :f :w :time 7} {:process 1 :type :ok :f :w :time 8}
      """)
    let again = try read(text(history, as: .native))
    #expect(again.operations[0].completion < again.operations[1].invocation)
    #expect(text(again, as: .native).contains("\"recordedTime\":7"))
  }

  @Test("Records that share a line keep their order")
  func oneLine() throws {
    let history = try read(
      """
      [{:process 0 :type :invoke :f :w} {:process 0 :type :info :f :w} {:process 0 :type :invoke :f :r}
       {:process 1 :type :invoke :f :w} {:process 0 :type :ok :f :r} {:process 1 :type :info :f :w}]
      """)
    for format in [HistoryFormat.native, .edn, .jsonl] {
      let again = try read(text(history, as: format))
      #expect(fingerprint(again) == fingerprint(history), "\(format)")
    }
  }

  @Test("Public histories survive", .enabled(if: sharedFolder != nil, "needs LINNAEUS_SHARED"))
  func publicData() throws {
    var files = ["session-comes-back"]
    if effort > 1 {
      files += [
        "calm-pipelined", "deposed-leader-1", "leader-killed-twice", "live-leader-1",
        "session-expiry",
      ]
    }
    files = files.map { "zookeeper-3.8/\($0).jsonl" }
    files += ["c01-bad", "c01-ok", "c10-bad", "c10-ok"].map { "porcupine-kv/\($0).txt" }
    // Reads that failed, with a reason.
    files.append("jepsen-etcd/etcd_100.log")
    files += (0..<Int(10 * effort)).map { number in
      let digits = String(number % 103)
      return "jepsen-etcd/etcd_\(String(repeating: "0", count: 3 - digits.count))\(digits).log"
    }
    for name in files {
      let history = try read(try sharedFile(name))
      let plain = normal(history)
      for format in [HistoryFormat.native, .edn, .jsonl] {
        #expect(normal(try read(text(history, as: format))) == plain, "\(name) as \(format)")
      }
    }
  }

  /// The lines of operations in a native file, in any order, and how many operations precede each:
  /// real time may order a converted file otherwise than the lines of the original.
  private func normal(_ history: History) -> [String] {
    let lines = text(history, as: .native).replacing("\"path\":", with: "\"key\":")
      .split(separator: "\n").dropFirst().filter { $0.contains("\"op\":") }.map(String.init)
    let events =
      history.operations.map { (place: $0.invocation, id: $0.id, isEnd: false) }
      + history.operations.filter { $0.completion != .max }
      .map { (place: $0.completion, id: $0.id, isEnd: true) }
    var ended = 0
    var precedence: [String] = []
    for event in events.sorted(by: { $0.place < $1.place }) {
      if event.isEnd { ended += 1 } else { precedence.append("\(ended) precede \(event.id)") }
    }
    return lines.sorted() + precedence.sorted()
  }

  @Test("Every public history is read", .enabled(if: sharedFolder != nil, "needs LINNAEUS_SHARED"))
  func publicLogs() throws {
    var operations = 0
    for number in 0...102 {
      let digits = String(number)
      let name = "jepsen-etcd/etcd_\(String(repeating: "0", count: 3 - digits.count))\(digits).log"
      operations += try read(try sharedFile(name)).operations.count
    }
    #expect(operations > 8_000)
  }
}
