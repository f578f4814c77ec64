import OperationHistory
import Testing

@Suite("EDN")
struct EDNTests {
  private static let lines = [
    "{:type :invoke, :f :write, :value 3, :process 0, :time 5, :index 0}",
    "{:type :info, :f :start, :value [:isolated {\"n1\" #{\"n2\" \"n3\"}}], :process :nemesis, :time 6, :index 1}",
    "{:type :ok, :f :write, :value 3, :process 0, :time 7, :index 2}",
    "{:type :invoke, :f :cas, :value [3 4], :process 1, :time 8, :index 3}",
    "{:type :fail, :f :cas, :value [3 4], :process 1, :time 9, :error :timed-out, :index 4}",
  ]
  private static let expected = [
    "0 write - 3 3 - - - ok 0-1", "1 cas - [3,4] [3,4] \"timed-out\" - - fail 2-3",
  ]

  @Test("A map a line, one vector, one list, and tagged records")
  func shapes() throws {
    let lines = Self.lines
    let tagged = lines.map { "#jepsen.history.Op" + $0 }
    let knossos = lines.map { "#knossos.op.Op " + $0 }
    let texts: [String] = [
      lines.joined(separator: "\n") + "\n", "[" + lines.joined(separator: "\n ") + "]",
      "(" + lines.joined(separator: " ") + ")", tagged.joined(separator: "\n"),
      "; a comment\n[" + tagged.joined(separator: ",") + "] ; the end",
      "#_{:not :this} " + lines.joined(separator: " #_ [or this] "),
      knossos.joined(separator: "\r\n"),
    ]
    for text in texts {
      let history = try read(text)
      #expect(history.format == .edn)
      #expect(summary(history) == Self.expected, "\(text)")
      #expect(history.isIndexed)
      #expect(history.operations.map(\.invocationTime) == [5, 8])
      #expect(
        json(history.annotations[0].value)
          == #"{"type":"info","f":"start","value":["isolated",{"n1":["n2","n3"]}],"process":"nemesis","time":6,"index":1}"#
      )
      #expect(history.annotations[0].position == 1)
    }
  }

  @Test("Every kind of value")
  func values() throws {
    let values: [(String, Value)] = [
      ("nil", .null), ("true", .boolean(true)), ("false", .boolean(false)), ("42", .integer(42)),
      ("-7", .integer(-7)), ("+7", .integer(7)), ("0", .integer(0)), ("-0", .integer(0)),
      ("1N", .integer(1)), ("0x1F", .integer(31)), ("-0x8000000000000000", .integer(.min)),
      ("9223372036854775807", .integer(.max)), ("1.5", .decimal(1.5)), ("1.5M", .decimal(1.5)),
      ("1e3", .decimal(1_000)), ("-1/2", .decimal(-0.5)), ("3M", .decimal(3)),
      ("##Inf", .decimal(.infinity)), ("##-Inf", .decimal(-.infinity)),
      ("\"a\\n\\\"\\u00e9\\101\nb\"", .string("a\n\"éA\nb")), ("\\a", .string("a")),
      ("\\newline", .string("\n")), ("\\space", .string(" ")), ("\\u0041", .string("A")),
      ("\\o101", .string("A")), ("\\(", .string("(")), ("\\é", .string("é")),
      (":timed-out", .symbol("timed-out")), (":a.b/c", .symbol("a.b/c")), ("::x", .symbol("x")),
      ("sym", .symbol("sym")), ("-", .symbol("-")), ("+x", .symbol("+x")),
      ("nilly", .symbol("nilly")),
      ("[1 2]", .list([.integer(1), .integer(2)])), ("(1,,2)", .list([.integer(1), .integer(2)])),
      ("#{1 2}", .list([.integer(1), .integer(2)])), ("[]", .list([])), ("{}", .map([])),
      (
        "{:a 1, \"b\" [2]}",
        .map([
          .init(.symbol("a"), .integer(1)), .init(.string("b"), .list([.integer(2)])),
        ])
      ),
      ("{1 2}", .map([.init(.integer(1), .integer(2))])),
      (
        "#:ns{:a 1 :_/b 2 :c/d 3 \"e\" 4}",
        .map([
          .init(.symbol("ns/a"), .integer(1)), .init(.symbol("b"), .integer(2)),
          .init(.symbol("c/d"), .integer(3)), .init(.string("e"), .integer(4)),
        ])
      ),
      ("#inst \"2020-01-01T00:00:00Z\"", .string("2020-01-01T00:00:00Z")),
      ("#uuid \"x\"", .string("x")), ("#base64 \"/w==\"", .bytes([255])),
      (
        "#object[java.lang.Object 0x1f \"x\"]",
        .list([
          .symbol("java.lang.Object"), .integer(31), .string("x"),
        ])
      ),
      ("^{:line 3} [1]", .list([.integer(1)])), ("[1 #_2 3]", .list([.integer(1), .integer(3)])),
      ("[#_ #_ 1 2 3]", .list([.integer(3)])), ("[1;2\n]", .list([.integer(1)])),
    ]
    for (text, value) in values {
      let history = try read(
        "{:process 0 :type :invoke :f :w :x 1 :value \(text)} {:process 1 :type :invoke :f :w}")
      let read = history.values[history.operations[0].argument]
      #expect(read == value, "\(text)")
    }
  }

  @Test("The maps of Porcupine's key-value histories")
  func keyValue() throws {
    let history = try read(
      """
      {:process 6, :type :invoke, :f :append, :key "0", :value "x 6 0 y"}
      {:process 4, :type :invoke, :f :get, :key "3", :value nil}
      {:process 4, :type :ok, :f :get, :key "3", :value ""}
      """)
    #expect(
      summary(history) == [
        "6 append \"0\" \"x 6 0 y\" - - - - info 0-…", "4 get \"3\" null \"\" - - - ok 1-2",
      ])
  }

  @Test(
    "What is wrong is told with its place",
    arguments: [
      ("[{:type :invoke", "1:16: the file ends inside a line, where a key or `}` is expected"),
      ("{:type", "1:7: the file ends inside a line, where a value is expected"),
      (
        "{:type :invoke\n :f :read\n :process 0",
        "3:12: the file ends inside a line, where a key or `}` is expected"
      ),
      ("{:type}", "1:7: expected a value for the key, found `}`"),
      ("[1]", "1:2: expected a map or `]`, found `1`"),
      ("{:a 1} 7", "1:1: the record has no `type`"),
      ("[] []", "1:4: expected nothing more, found `[`"),
      ("{:type :invoke :type :ok}", "1:16: the record has this field twice"),
      ("{:x 1 :x 2}", "1:7: the record has this field twice"),
      ("{:x {:a 1 :a 2}}", "1:11: the map has this key twice"),
      ("{:x 1.2.3}", "1:5: expected a number, found `1.2.3`"),
      ("{:x 1/0}", "1:5: expected a number, found `1/0`"),
      ("{:x 012}", "1:5: expected a number, found `012`"),
      ("{:x 1x}", "1:5: expected a number, found `1x`"),
      ("{:x 99999999999999999999}", "1:5: the integer is beyond 64 bits"),
      ("{:x 99999999999999999999N}", "1:5: the integer is beyond 64 bits"),
      ("{:x \"a", "1:7: the file ends inside a line, where the end of the string is expected"),
      ("{:x \\abc}", "1:5: expected a character like \\a, \\newline or \\u0041"),
      ("{:x \"\\400\"}", "1:6: an octal escape goes up to 377"),
      ("{:x ]}", "1:5: expected a value, found `]`"),
      ("{: 1}", "1:3: expected a keyword's name, found a space"),
      ("{:x ##Nope}", "1:5: expected ##Inf, ##-Inf or ##NaN"),
      (
        "{:process 0 :type :go :f :x}",
        "1:19: expected a `type` of `invoke`, `ok`, `fail` or `info`"
      ),
      (
        "{:process :a :type :ok :f :x}",
        "1:11: expected an integer as the `process` of a client's operation"
      ),
      (
        "[{:process 0 :type :invoke :f :x} {:process 1 :type :ok :f :x}]",
        "1:35: process 1 has no open invocation that this completion could end"
      ),
    ])
  func errors(text: String, message: String) {
    #expect(refusal(text, as: .edn) == message)
  }

  @Test("Nesting of every kind has a limit")
  func depth() {
    for part in ["[", "(", "{1 ", "#{", "#a ", "#_", "^a ", "#:a{:b ", "{"] {
      let text = "{:x " + String(repeating: part, count: 200_000)
      #expect(refusal(text, as: .edn).contains("nested more than 512 deep"), "\(part)")
    }
  }
}

@Suite("Values of independent objects")
struct IndependentTests {
  @Test("Keys are taken out of pairs if every operation has one")
  func separated() throws {
    let edn = try read(
      """
      {:process 0 :type :invoke :f :read :value ["k" nil]}
      {:process 1 :type :invoke :f :cas :value [2 [3 4]]}
      {:process 0 :type :ok :f :read :value ["k" 5]}
      {:process 1 :type :info :f :cas :value :lost}
      {:process 2 :type :invoke :f :write :value [2 7]}
      {:process 2 :type :fail :f :write :value [2 7] :error :x}
      """)
    let expected = [
      "0 read \"k\" null 5 - - - ok 0-2", "1 cas 2 [3,4] \"lost\" - - - info 1-…",
      "2 write 2 7 7 \"x\" - - fail 4-5",
    ]
    #expect(summary(edn) == expected)
    let json = try read(
      """
      {"process":0,"type":"invoke","f":"read","value":["k",null]}
      {"process":1,"type":"invoke","f":"cas","value":[2,[3,4]]}
      {"process":0,"type":"ok","f":"read","value":["k",5]}
      {"process":1,"type":"info","f":"cas","value":"lost"}
      {"process":2,"type":"invoke","f":"write","value":[2,7]}
      {"process":2,"type":"fail","f":"write","value":[2,7],"error":"x"}
      """)
    #expect(summary(json) == expected)
  }

  @Test(
    "A history is left alone if one operation does not fit",
    arguments: [
      // A plain read has no key.
      "{:process 1 :type :invoke :f :read :value nil}",
      // A cas without a key is a pair, too.
      "{:process 1 :type :invoke :f :cas :value [1 2]}",
      // A transaction of two steps.
      "{:process 1 :type :invoke :f :txn :value [[:r 1 nil] [:w 2 3]]}",
      // Three are no pair.
      "{:process 1 :type :invoke :f :write :value [1 2 3]}",
      // The result is of another key.
      "{:process 1 :type :invoke :f :read :value [1 nil]} {:process 1 :type :ok :f :read :value [2 3]}",
      // Keys are given already.
      "{:process 1 :type :invoke :f :write :key 1 :value [1 2]}",
    ])
  func leftAlone(text: String) throws {
    let fitting = "{:process 0 :type :invoke :f :write :value [1 2]} "
    let history = try read(fitting + text)
    #expect(history.operations[0].key == .absent)
    #expect(json(history.values[history.operations[0].argument]) == "[1,2]")
  }
}

@Suite("Jepsen's logs")
struct LogTests {
  @Test("Operations among other lines, with tabs or spaces")
  func lines() throws {
    let history = try read(
      """
      INFO  jepsen.core - Worker 0 starting
      INFO  jepsen.util - 0\t:invoke\t:read\tnil
      INFO  jepsen.util - 1 :invoke :cas [2 4]
      WARN  something at 10:00:00 :info about 7
      INFO  jepsen.util - 0\t:ok\t:read\t3
      INFO  jepsen.util - :nemesis :info :start nil
      INFO  jepsen.util - 1\t:fail\t:cas\t[2 4]
      INFO  jepsen.util - 2\t:invoke\t:write\t4
      2014-05-01 12:00:00 INFO jepsen.util - 2\t:info\t:write\t:timed-out
      INFO  jepsen.util - 3\t:invoke\t:read\tnil
      INFO  jepsen.util - 3\t:fail\t:read\tnil\t:timed-out
      """)
    #expect(history.format == .log)
    #expect(
      summary(history) == [
        "0 read - null 3 - - - ok 0-2", "1 cas - [2,4] [2,4] - - - fail 1-3",
        "2 write - 4 - \"timed-out\" - - info 4-…",
        "3 read - null null \"timed-out\" - - fail 6-7",
      ])
    #expect(history.operations.map(\.invocationLine) == [2, 3, 8, 10])
    #expect(
      history.annotations.map { json($0.value) }
        == [#"{"type":"info","f":"start","value":"nil","process":"nemesis"}"#])
  }

  @Test(
    "What is wrong is told with its place",
    arguments: [
      (
        "INFO  jepsen.util - 0\t:invoke",
        "1:30: the file ends inside a line, where a function like :read is expected"
      ),
      (
        "INFO  jepsen.util - 0\t:invoke\n",
        "1:30: expected a function like :read, found the end of the line"
      ),
      (
        "INFO  jepsen.util - 0\t:ok\t:read\t3",
        "1:21: process 0 has no open invocation that this completion could end"
      ),
      (
        "INFO - 0 :invoke :cas [1 2",
        "1:27: the file ends inside a line, where a value or `]` is expected"
      ),
      ("INFO - 0 :invoke :cas [1 2\n", "1:27: expected a value or `]`, found the end of the line"),
      ("INFO - 0 :invoke :read nil nil", "1:28: expected the end of the line, found `nil`"),
      ("INFO - 99999999999999999999 :invoke :read nil", "1:8: the integer is beyond 64 bits"),
    ])
  func errors(text: String, message: String) {
    #expect(refusal(text) == message)
  }

  @Test("A file that tells of no operation is no log, unless there is nothing in it")
  func noOperation() throws {
    #expect(refusal("INFO hello\n", as: .log).hasPrefix("1:1: expected a log of Jepsen's"))
    #expect(refusal("{\"type\":\"invoke\"}", as: .log) != "")
    #expect(try read("\n \r\n", as: .log).operations.isEmpty)
  }
}

@Suite("Recognition")
struct RecognitionTests {
  @Test(
    "The first bytes tell the format",
    arguments: [
      ("", .jsonl), ("\n \n", .jsonl), ("\u{FEFF}", .jsonl), ("{\"linnaeus\":1}", .native),
      ("\u{FEFF}\n{ \"linnaeus\" :1}", .native),
      ("{\"type\":\"invoke\",\"process\":0,\"f\":\"a\"}", .jsonl),
      ("[{\"type\":\"info\",\"process\":null}]", .jsonl),
      ("[]", .edn), ("()", .edn), ("; nothing", .edn), ("{:type :invoke :process 0 :f :a}", .edn),
      ("[{:type :info :process nil}]", .edn), ("#op{:type :info :process nil}", .edn),
      ("INFO hello\n0 :invoke :read nil", .log), ("0 :invoke :read nil", .log),
      ("2014 x\ny - 0\t:invoke :read nil", .log),
    ] as [(String, HistoryFormat)])
  func formats(text: String, format: HistoryFormat) throws {
    #expect(try read(text).format == format)
  }

  @Test("What is nothing of them says what is expected")
  func unknown() {
    #expect(
      refusal("\nhello").hasPrefix("2:1: expected a history: JSON lines that begin"))
    #expect(refusal("\nhello").hasSuffix("found `hello`"))
    #expect(refusal("\0\0").hasPrefix("1:1: expected a history"))
    #expect(refusal("{\"type\":\"invoke\",\"process\":0,\"f\":\"a\"}", as: .edn) != "")
  }
}
