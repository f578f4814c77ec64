import OperationHistory
import Testing

@Suite("JSON lines")
struct JSONLinesTests {
  @Test("Operations are paired by process and placed by lines")
  func pairing() throws {
    let history = try read(
      """
      {"process":0,"type":"invoke","f":"write","value":3,"time":5}
      {"process":1,"type":"invoke","f":"read","value":null,"time":6}
      {"process":0,"type":"ok","f":"write","value":3,"time":7}
      {"process":1,"type":"ok","f":"read","value":3,"time":8}
      {"process":0,"type":"invoke","f":"cas","value":[3,4],"time":9}
      {"process":0,"type":"info","f":"cas","value":[3,4],"error":"timeout","time":10}
      {"process":2,"type":"invoke","f":"read","value":null,"time":11}

      """)
    #expect(history.format == .jsonl)
    #expect(
      summary(history) == [
        "0 write - 3 3 - - - ok 0-2", "1 read - null 3 - - - ok 1-3",
        "0 cas - [3,4] [3,4] \"timeout\" - - info 4-…", "2 read - null - - - - info 6-…",
      ])
    #expect(history.operations.map(\.invocationLine) == [1, 2, 5, 7])
    #expect(history.operations.map(\.completionLine) == [3, 4, 6, 0])
    #expect(history.operations.map(\.invocationTime) == [5, 6, 9, 11])
    #expect(history.operations.map(\.completionTime) == [7, 8, 10, .min])
    #expect(history.functions == ["write", "read", "cas"])
  }

  @Test("Spaces, empty lines, CRLF, a byte-order mark, and no newline at the end")
  func whiteSpace() throws {
    let plain = try read(#"{"type":"invoke","process":7,"f":"read"}"#)
    let spaced = try read(
      "\u{FEFF}\r\n  { \"type\" : \"invoke\" ,\t\"process\" : 7 , \"f\" : \"read\" } \r\n\r\n")
    #expect(summary(plain) == ["7 read - - - - - - info 0-…"])
    #expect(summary(spaced) == summary(plain))
    #expect(spaced.operations[0].invocationLine == 2)
  }

  @Test("An object of other fields is kept for each end of an operation")
  func otherFields() throws {
    let history = try read(
      """
      {"type":"invoke","process":0,"f":"read","node":"n1","deep":{"a":[1.5,true]}}
      {"type":"ok","process":0,"f":"read","value":1,"node":"n2"}
      """)
    #expect(
      summary(history) == [
        "0 read - - 1 - {\"node\":\"n1\",\"deep\":{\"a\":[1.5,true]}} {\"node\":\"n2\"} ok 0-1"
      ])
  }

  @Test("An index that counts the records is not kept as a field, any other is")
  func index() throws {
    let counted = try read(
      """
      {"index":0,"type":"invoke","process":0,"f":"read"}
      {"index":1,"type":"info","process":"nemesis","f":"kill"}
      {"index":2,"type":"ok","process":0,"f":"read","value":null}
      """)
    #expect(counted.isIndexed)
    #expect(summary(counted) == ["0 read - - null - - - ok 0-1"])
    let odd = try read(
      """
      {"index":1,"type":"invoke","process":0,"f":"read"}
      {"index":"b","type":"ok","process":0,"f":"read","value":null}
      """)
    #expect(!odd.isIndexed)
    #expect(summary(odd) == ["0 read - - null - {\"index\":1} {\"index\":\"b\"} ok 0-1"])
  }

  @Test("Records of the nemesis are annotations")
  func annotations() throws {
    let history = try read(
      """
      {"type":"invoke","process":0,"f":"read"}
      {"type":"info","process":"nemesis","f":"kill","value":["n1"]}
      {"type":"invoke","process":"nemesis","f":"kill"}
      {"type":"info","process":null,"f":"note"}
      {"type":"ok","process":0,"f":"read","value":null}
      """)
    #expect(history.annotations.map(\.line) == [2, 3, 4])
    #expect(history.annotations.map(\.position) == [1, 1, 1])
    #expect(history.functions == ["read"])
    #expect(
      json(history.annotations[0].value)
        == #"{"type":"info","process":"nemesis","f":"kill","value":["n1"]}"#)
  }

  @Test("`op` pairs operations that overlap within a process")
  func ids() throws {
    let history = try read(
      """
      {"type":"invoke","op":9,"process":0,"f":"write","value":1}
      {"type":"invoke","op":4,"process":0,"f":"write","value":2}
      {"type":"ok","op":9,"process":0,"f":"write","value":1}
      {"type":"ok","op":4,"process":0,"f":"write","value":2}
      """)
    #expect(summary(history) == ["0 write - 1 1 - - - ok 0-2", "0 write - 2 2 - - - ok 1-3"])
    #expect(history.operations.map(\.id) == [9, 4])
  }

  @Test("Large and negative numbers of processes, times and values are exact")
  func largeNumbers() throws {
    let history = try read(
      """
      {"type":"invoke","process":-9223372036854775808,"f":"write","value":9223372036854775807}
      {"type":"invoke","process":9223372036854775807,"f":"write","value":-1,"time":123456789012345678}
      {"type":"invoke","process":12345678901234567,"f":"write","value":1073741824}
      {"type":"invoke","process":12,"f":"write","value":12345678}
      {"type":"invoke","process":13,"f":"write","value":1073741823}
      """)
    #expect(
      history.operations.map(\.process)
        == [.min, .max, 12_345_678_901_234_567, 12, 13])
    #expect(history.operations[1].invocationTime == 123_456_789_012_345_678)
    #expect(
      history.operations.map { history.values[$0.argument] } == [
        .integer(.max), .integer(-1), .integer(1 << 30), .integer(12_345_678),
        .integer(1 << 30 - 1),
      ])
  }

  @Test("One array of objects is as good as lines")
  func array() throws {
    let history = try read(
      """
      [
        {"type":"invoke","process":0,
         "f":"read"},
        {"type":"ok","process":0,"f":"read","value":2}
      ]
      """)
    #expect(history.format == .jsonl)
    #expect(summary(history) == ["0 read - - 2 - - - ok 0-1"])
    #expect(history.operations[0].completionLine == 4)
    #expect(try read("[ ]", as: .jsonl).operations.isEmpty)
    #expect(
      refusal(#"[{"type":"invoke","process":0,"f":"r"}"#)
        == "1:39: the file ends inside a line, where `,` or `]` is expected")
  }

  @Test("A line that is like its predecessor in all but one thing is still read right")
  func nearlyFamiliar() throws {
    let usual = #"{"process":0,"type":"invoke","f":"w","key":"a","value":1,"time":1}"#
    let done = #"{"process":0,"type":"ok","f":"w","key":"a","value":1,"time":1}"#
    let padding = "\n" + String(repeating: " ", count: 100) + "\n"
    // Each replacement makes the line unusual, and the second operation must still follow it.
    let changes = [
      ("\"process\":0", "\"process\": 0"), ("\"value\":1", "\"value\":1.5"),
      ("\"value\":1", "\"value\":1e1"), ("\"value\":1", "\"value\":-7"),
      ("\"value\":1", "\"value\":[1,[2]]"), ("\"value\":1", "\"value\":\"a\\\"b\""),
      ("\"value\":1", "\"value\":\"long enough to need more\""), ("\"value\":1", "\"value\":{}"),
      ("\"time\":1", "\"time\":null"), ("\"time\":1", "\"time\":-1"),
      ("\"f\":\"w\"", "\"f\":\"\\u0077\""),
      ("\"key\":\"a\"", "\"key\":true"), ("\"time\":1", "\"more\":1"), ("\"value\":1,", ""),
    ]
    for (old, new) in changes {
      guard let range = done.firstRange(of: old) else {
        Issue.record("no \(old)")
        continue
      }
      let changed = done.replacingCharacters(range, with: new)
        .replacing("\"key\":true", with: "\"key\":\"a\"")
      let history = try read(
        [usual, done, usual, changed, usual, done].joined(separator: "\n") + padding)
      #expect(history.operations.count == 3, "\(changed)")
      #expect(history.operations.allSatisfy { $0.outcome == .ok }, "\(changed)")
      let slow = try read("\n" + usual + " \n" + changed + " \n")
      #expect(
        history.values[history.operations[1].result] == slow.values[slow.operations[0].result],
        "\(changed)")
    }
  }
}

extension String {
  func firstRange(of part: String) -> Range<String.Index>? {
    ranges(of: part).first
  }

  func replacingCharacters(_ range: Range<String.Index>, with text: String) -> String {
    var copy = self
    copy.replaceSubrange(range, with: text)
    return copy
  }
}

@Suite("What is wrong in JSON lines")
struct JSONLinesErrorTests {
  private static let invoke = #"{"process":0,"type":"invoke","f":"read","value":null}"#

  @Test(
    "is told with its place",
    arguments: [
      (#"{"type":"invoke","process":0}"#, "1:1: the record has no `f`"),
      (#"{"type":"invoke","f":"read"}"#, "1:1: the record has no `process`"),
      (#"{"process":0,"f":"read"}"#, "1:1: the record has no `type`"),
      ("{}", "1:1: the record has no `type`"),
      (
        #"{"type":"Invoke","process":0,"f":"read"}"#,
        "1:9: expected a `type` of `invoke`, `ok`, `fail` or `info`"
      ),
      (
        #"{"type":"invoke","process":"c1","f":"read"}"#,
        "1:28: expected an integer as the `process` of a client's operation"
      ),
      (
        #"{"type":"invoke","process":1.5,"f":"read"}"#,
        "1:28: expected an integer as the `process` of a client's operation"
      ),
      (#"{"type":"invoke","process":0,"f":7}"#, "1:34: expected the name of a function as `f`"),
      (#"{"type":"invoke","process":0,"f":"a","f":"a"}"#, "1:38: the record has this field twice"),
      (#"{"type":"invoke","process":0,"x":1,"x":1}"#, "1:36: the record has this field twice"),
      (
        #"{"type":"invoke","process":99999999999999999999,"f":"a"}"#,
        "1:28: the integer is beyond 64 bits"
      ),
      (
        #"{"type":"invoke","process":0,"f":"a"} x"#,
        "1:39: expected the end of the line, found `x`"
      ),
      (#"{"type":"invoke","process":0 "f":"a"}"#, "1:30: expected `,` or `}`, found `\"`"),
      (
        "{\"type\":\"invoke\",\n\"process\":0}",
        "1:18: expected a field's name in double quotes, found the end of the line"
      ),
      ("[1]", "1:2: expected `{`, found `1`"),
      (
        #"{"type":"ok","process":0,"f":"read"}"#,
        "1:1: process 0 has no open invocation that this completion could end"
      ),
      (
        #"{"type":"ok","op":5,"process":0,"f":"read"}"#,
        "1:1: operation 5 has no open invocation that this completion could end"
      ),
    ])
  func first(text: String, message: String) {
    #expect(refusal(text, as: .jsonl) == message)
    // And after lines that make the reader guess what comes.
    let usual = #"{"type":"invoke","process":7,"f":"read"}"# + "\n"
    let later = refusal(usual + text + "\n", as: .jsonl)
    if text != "[1]" { #expect(later == "2" + message.dropFirst()) }
  }

  @Test("in the pairing of invocations and completions")
  func pairing() {
    let invoke = Self.invoke
    #expect(
      refusal(invoke + "\n " + invoke)
        == "2:2: process 0 invokes read while its operation of line 1 is still open; one that is"
        + " really concurrent needs an `op` or a process of its own")
    #expect(
      refusal(invoke + "\n" + #"{"process":0,"type":"ok","f":"write"}"#)
        == "2:1: the completion is of write by process 0, its invocation on line 1 of read by"
        + " process 0")
    #expect(
      refusal(
        #"{"process":0,"type":"invoke","f":"r","key":1}"# + "\n"
          + #"{"process":0,"type":"ok","f":"r","key":2}"#)
        == "2:1: the completion names another key than its invocation on line 1")
    #expect(
      refusal(
        #"{"process":0,"type":"invoke","op":1,"f":"r"}"# + "\n"
          + #"{"process":1,"type":"invoke","op":1,"f":"r"}"#)
        == "2:1: operation 1 is invoked a second time")
  }

  @Test("in a file that was cut at any byte: never a trap, and always the last line's fault")
  func cut() {
    let line =
      #"{"process":0,"type":"invoke","f":"cas","key":"k1","value":[1,{"a":"é"}],"time":12}"#
    let bytes = Array((Self.invoke.replacing(":0", with: ":1") + "\n" + line).utf8)
    let start = bytes.count - line.utf8.count
    for length in (start + 1)..<bytes.count {
      let error = #expect(throws: HistoryError.self) { try read(Array(bytes[..<length])) }
      #expect(error?.line == 2 && error?.column == length - start + 1, "\(length)")
      #expect(error?.message.hasPrefix("the file ends inside a line") == true, "\(length)")
    }
  }
}
