import OperationHistory
import Testing

@Suite("The native format")
struct NativeTests {
  @Test("Times and skew decide what precedes what")
  func times() throws {
    func order(skew: Int) throws -> [String] {
      summary(
        try read(
          """
          {"linnaeus":1,"skew_ns":\(skew)}
          {"type":"invoke","op":1,"process":0,"f":"write","value":1,"time":10}
          {"type":"ok","op":1,"process":0,"f":"write","time":20}
          {"type":"invoke","op":2,"process":1,"f":"read","time":25}
          {"type":"invoke","op":3,"process":2,"f":"read","time":20}
          {"type":"ok","op":2,"process":1,"f":"read","value":1,"time":30}
          {"type":"ok","op":3,"process":2,"f":"read","value":1,"time":40}
          """))
    }
    // At 20 one operation ends and another begins: neither precedes the other.
    #expect(
      try order(skew: 0) == [
        "0 write - 1 - - - - ok 0-2", "1 read - - 1 - - - ok 3-4", "2 read - - 1 - - - ok 1-5",
      ])
    #expect(
      try order(skew: 3) == [
        "0 write - 1 - - - - ok 0-3", "1 read - - 1 - - - ok 2-4", "2 read - - 1 - - - ok 1-5",
      ])
  }

  @Test("A path is the key, and other types of lines are annotations")
  func paths() throws {
    let history = try read(
      """
      {"linnaeus":1,"model":"zookeeper"}
      {"type":"connect","process":0,"session":"0x1","time":1}
      {"type":"invoke","op":7,"process":0,"f":"getData","path":"/a","session":"0x1","time":2}
      {"type":"watch","process":0,"event":"dataChanged","path":"/a","time":3}
      {"type":"ok","op":7,"process":0,"f":"getData","path":"/a","value":{"base64":"/w=="},"time":4}
      {"type":"ok","process":0,"f":"acquired","lock":"/l","time":5}
      {"type":"info","process":"nemesis","f":"kill","time":6}
      """)
    #expect(history.keysArePaths)
    #expect(
      summary(history) == [
        "0 getData \"/a\" - {\"base64\":\"/w==\"} - {\"session\":\"0x1\"} - ok 0-1"
      ])
    #expect(history.annotations.map(\.line) == [2, 4, 6, 7])
    #expect(history.annotations.map(\.position) == [0, 1, 2, 2])
    #expect(history.headerField("model") == .string("zookeeper"))
    #expect(history.operations[0].id == 7)
  }

  @Test("A field that is called key beside paths stays a field")
  func keyBesidePath() throws {
    let history = try read(
      """
      {"linnaeus":1}
      {"type":"invoke","process":0,"f":"set","path":"/a","key":1}
      """)
    #expect(summary(history) == ["0 set \"/a\" - - - {\"key\":1} - info 0-…"])
  }

  @Test("The header may say which failed compare-and-sets are observations")
  func failedCas() throws {
    #expect(try read("{\"linnaeus\":1}").failedCas == .observed)
    #expect(try read("{\"linnaeus\":1,\"failedCas\":\"dropped\"}").failedCas == .dropped)
    #expect(
      refusal("{\"linnaeus\":1,\"failedCas\":1}")
        == "1:1: expected as `failedCas` one of observed, dropped, observedWithoutError")
  }

  @Test(
    "What is wrong is told with its place",
    arguments: [
      ("{\"linnaeus\":2}", "1:1: expected version 1 of the format, `linnaeus`:1"),
      ("{\"linnaeus\":1} x", "1:16: expected the end of the line, found `x`"),
      ("{\"linnaeus\":1", "1:14: the file ends inside a line, where `,` or `}` is expected"),
      (
        "{\"linnaeus\":1}\n{\"type\":\"invoke\",\"op\":\"a\",\"process\":0,\"f\":\"r\"}",
        "2:23: expected an integer as `op`"
      ),
      (
        "{\"linnaeus\":1}\n{\"type\":\"invoke\",\"process\":0,\"f\":\"r\",\"time\":1.5}",
        "2:45: expected an integer as `time`"
      ),
      (
        "{\"linnaeus\":1}\n{\"type\":\"invoke\",\"process\":0,\"f\":\"r\",\"time\":1}\n"
          + "{\"type\":\"ok\",\"process\":0,\"f\":\"r\"}",
        "3:1: either every event of a native file has a `time`, or none has"
      ),
      (
        "{\"linnaeus\":1}\n{\"type\":\"invoke\",\"process\":0,\"f\":\"r\",\"time\":2}\n"
          + "{\"type\":\"ok\",\"process\":0,\"f\":\"r\",\"time\":1}",
        "3:1: the operation ends before it begins, on line 2"
      ),
      (
        "{\"linnaeus\":1}\n{\"type\":\"invoke\",\"process\":0,\"f\":\"r\",\"time\":-9223372036854775807}",
        "2:1: the time is more than 73 years from zero"
      ),
      (
        "{\"linnaeus\":1,\"skew_ns\":-1}\n{\"type\":\"invoke\",\"process\":0,\"f\":\"r\",\"time\":1}",
        "1:1: `skew_ns` is a natural number of nanoseconds"
      ),
    ])
  func errors(text: String, message: String) {
    #expect(refusal(text) == message)
  }

  @Test("A native file needs its first line")
  func header() {
    #expect(
      refusal("", as: .native)
        == "1:1: the file ends inside a line, where a first line that begins {\"linnaeus\":1 is"
        + " expected")
    #expect(
      refusal("{\"type\":\"invoke\"}", as: .native)
        == "1:1: a native file begins with a line like {\"linnaeus\":1}")
  }
}
