import Glibc
import LinnaeusBase
import OperationHistory
import Testing

@Suite("Mutated files")
struct MutationTests {
  /// Samples of every format that together use everything the readers know.
  private static func samples() throws -> [[UInt8]] {
    var samples: [String] = [
      """
      {"process":0,"type":"invoke","f":"write","key":"k1","value":3,"time":5}
      {"process":1,"type":"invoke","f":"cas","key":"k2","value":[3,-4.5e3],"time":6}
      {"process":0,"type":"ok","f":"write","key":"k1","value":3,"time":7}
      {"type":"info","process":"nemesis","f":"kill","value":{"a":[null,true,"\\u00e9\\ud83d\\ude00"]}}
      {"process":1,"type":"fail","f":"cas","key":"k2","value":[3,-4.5e3],"error":"é€😀","time":8}
      {"process":0,"type":"invoke","f":"read","key":"k1","value":null,"time":123456789012}

      """,
      """
      {"linnaeus":1,"skew_ns":3,"model":"zookeeper"}
      {"type":"connect","process":0,"session":"0x1","time":1}
      {"type":"invoke","op":7,"process":0,"f":"getData","path":"/a","session":"0x1","time":2}
      {"type":"invoke","op":8,"process":0,"f":"setData","path":"/a","value":{"base64":"/w=="},"time":3}
      {"type":"ok","op":8,"process":0,"f":"setData","path":"/a","stat":{"version":3},"time":4}
      {"type":"info","op":7,"process":0,"f":"getData","path":"/a","time":5}

      """,
      """
      ; comment
      [#jepsen.history.Op{:type :invoke, :f :write, :value ["k" 3], :process 0, :time 5, :index 0}
       {:type :info, :f :start, :value #{1 1.5M -2N 1/2 \\a \\newline}, :process :nemesis, :index 1}
       #_ (discarded #inst "2020") {:type :ok, :f :write, :value ["k" 3], :process 0, :index 2}
       #:ns{:type 1 :_/type :invoke :_/f :r :_/process 3 :a "x\\n\\u00e9"}]
      """,
      """
      {:process 6, :type :invoke, :f :append, :key "0", :value "x 6 0 y"}
      {:process 4, :type :invoke, :f :get, :key "3", :value nil}
      {:process 4, :type :ok, :f :get, :key "3", :value ""}

      """,
      """
      INFO  jepsen.core - Worker 0 starting
      INFO  jepsen.util - 0\t:invoke\t:read\tnil
      INFO  jepsen.util - 1\t:invoke\t:cas\t[2 4]
      INFO  jepsen.util - 0\t:ok\t:read\t3
      INFO  jepsen.util - :nemesis :info :start nil
      INFO  jepsen.util - 1\t:info\t:cas\t:timed-out

      """,
      #"[{"type":"invoke","process":0,"f":"r"},{"type":"ok","process":0,"f":"r","value":1}]"#,
    ]
    var random = SeededRandom(seed: 99)
    for format in [HistoryFormat.native, .edn, .jsonl] {
      if let history = try? randomHistory(&random, format: format) {
        samples.append(text(history, as: format))
      }
    }
    return samples.map { Array($0.utf8) }.filter { !$0.isEmpty }
  }

  @Test("10,000 of them end in a history or in an error with its place, soon")
  func mutations() throws {
    let samples = try Self.samples()
    var refused = 0
    for seed in 0..<UInt64(10_000 * effort) {
      var random = SeededRandom(seed: seed)
      var bytes = samples[random.below(samples.count)]
      for _ in 0...random.below(3) { mutate(&bytes, &random, samples) }
      let format = random.chance(1, in: 10) ? HistoryFormat.allCases[random.below(4)] : nil
      let start = threadSeconds()
      do {
        let history = try read(bytes, as: format)
        // What was read can be written, and what was written can be read.
        if seed % 16 == 0 { _ = text(history, as: [.native, .edn, .jsonl][random.below(3)]) }
      } catch {
        refused += 1
        let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
        #expect((1...lines).contains(error.line) && error.column > 0, "seed \(seed): \(error)")
        #expect(!error.message.isEmpty)
      }
      #expect(threadSeconds() - start < 1, "seed \(seed)")
    }
    #expect(refused > 1_000)
  }

  /// The processor time of this thread: on a busy machine the clock would say little.
  private func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  private func mutate(
    _ bytes: inout [UInt8], _ random: inout SeededRandom, _ samples: [[UInt8]]
  ) {
    guard !bytes.isEmpty else { return }
    let place = random.below(bytes.count)
    switch random.below(7) {
    case 0: bytes.removeSubrange(place...)
    case 1: bytes[place] ^= 1 << UInt8(random.below(8))
    case 2: bytes[place] = UInt8(random.below(256))
    case 3:
      // Splice: the rest of another sample.
      let other = samples[random.below(samples.count)]
      bytes.replaceSubrange(place..., with: other[random.below(other.count)...])
    case 4:
      let end = min(bytes.count, place + 1 + random.below(20))
      bytes.removeSubrange(place..<end)
    case 5:
      let end = min(bytes.count, place + 1 + random.below(40))
      bytes.insert(contentsOf: Array(bytes[place..<end]), at: random.below(bytes.count))
    default:
      let awkward: [[UInt8]] = [
        [0], [0xFF], [0xC3], [0xED, 0xA0, 0x80], Array("\\ud800".utf8),
        Array("99999999999999999999".utf8),
        Array("-".utf8), Array("1e999".utf8), Array("\u{FEFF}".utf8), Array("\r\n".utf8),
        Array("#_".utf8),
        Array(repeating: UInt8(ascii: "["), count: 600), Array("\"".utf8), Array("{".utf8),
      ]
      bytes.insert(contentsOf: awkward[random.below(awkward.count)], at: place)
    }
  }
}
