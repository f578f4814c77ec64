import LinnaeusBase
import Testing

@testable import Server

@Suite("zoo.cfg")
struct ConfigurationTests {
  private func parse(_ text: String) throws(ConfigurationError) -> (
    ServerConfiguration, [ConfigurationWarning]
  ) {
    try ServerConfiguration.parse(Array(text.utf8), file: "zoo.cfg")
  }

  private func entries(_ text: String) throws -> [String] {
    try JavaProperties(Array(text.utf8)).entries.map { "\($0.line) \($0.key)=\($0.value)" }
  }

  @Test("The syntax is that of java.util.Properties")
  func syntax() throws {
    let text = """
      # a comment \\
      ! another
        dataDir = /var/lib/zk \t
      clientPort:2181
      tickTime 2000
      whitelist=srvr, \\
          stat,\\
        ruok
      a\\ key\\==a\\tb\\u00e9\\\\
      empty
      =no key
      last=\\
      """
    #expect(
      try entries(text) == [
        "3 dataDir=/var/lib/zk", "4 clientPort=2181", "5 tickTime=2000",
        "6 whitelist=srvr, stat,ruok", "9 a key==a\tbé\\", "10 empty=", "11 =no key", "12 last=",
      ])
  }

  @Test("Lines end as on any system, and a continuation counts them")
  func lineEnds() throws {
    #expect(
      try entries("a=1\r\nb=2\rc=\\\r\n  3\n\n\nd=4") == ["1 a=1", "2 b=2", "3 c=3", "7 d=4"])
  }

  @Test("Any bytes are taken apart without a trap")
  func anyBytes() {
    for seed in 0..<300 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let alphabet = Array("ab=: \\\n\r\t#!u0é\u{0}".utf8)
      let bytes = (0..<60).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
      // A bad \u escape is the only error that there is.
      do { _ = try JavaProperties(bytes) } catch {
        #expect(error.message.contains("\\u"), "\(seed)")
      }
    }
  }

  @Test("A file as Apache's documentation has it")
  func usual() throws {
    let (configuration, warnings) = try parse(
      """
      tickTime=2000
      initLimit=10
      syncLimit=5
      dataDir=/tmp/zookeeper
      clientPort=2181
      maxClientCnxns=100
      4lw.commands.whitelist=stat, ruok
      autopurge.snapRetainCount=5
      autopurge.purgeInterval=1
      zookeeper.snapCount=5000
      forceSync=no
      """)
    #expect(warnings.isEmpty)
    #expect(configuration.tickMilliseconds == 2000)
    #expect(configuration.grantedMinSessionTimeout == 4000)
    #expect(configuration.grantedMaxSessionTimeout == 40_000)
    #expect(configuration.snapshotFolder == "/tmp/zookeeper/version-2")
    #expect(configuration.logFolder == "/tmp/zookeeper/version-2")
    #expect(configuration.maxConnectionsPerAddress == 100)
    #expect(configuration.fourLetterWords == .words(["stat", "ruok"]))
    #expect(configuration.snapshotsToRetain == 5)
    #expect(configuration.snapCount == 5000)
    #expect(!configuration.forceSync)
    #expect(configuration.admin == nil)
    #expect(configuration.metrics == nil)
    #expect(!configuration.fourLetterWords.allows("srvr"))
  }

  @Test("Administration is off unless asked for")
  func administration() throws {
    let base = "dataDir=/d\nclientPort=1\n"
    #expect(try parse(base + "admin.enableServer=true").0.admin == .init(port: 8080))
    #expect(try parse(base + "zookeeper.admin.serverPort=99").0.admin == .init(port: 99))
    #expect(try parse(base + "admin.enableServer=false\nadmin.serverPort=9").0.admin == nil)
    let className = "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider"
    let (configuration, _) = try parse(
      base + "metricsProvider.className=\(className)\nmetricsProvider.httpHost=127.0.0.1")
    #expect(configuration.metrics == .init(host: "127.0.0.1", port: 7000))
  }

  @Test("Keys without effect are named with their lines")
  func warnings() throws {
    let (_, warnings) = try parse(
      "dataDir=/d\nclientPort=1\nbogus=1\n\nforcesync=no\nsecureClientPort=2\ntickTime=1\ntickTime=2"
    )
    #expect(
      warnings.map(\.description) == [
        "zoo.cfg:3: unknown key 'bogus' has no effect",
        "zoo.cfg:5: unknown key 'forcesync' has no effect; did you mean 'forceSync'?",
        "zoo.cfg:6: secureClientPort has no effect: TLS is not there yet",
        "zoo.cfg:8: tickTime stood in line 7 already; this one holds",
      ])
  }

  @Test(
    "Bad values are refused with file, line and what was expected",
    arguments: [
      ("tickTime=soon", "zoo.cfg:3: tickTime takes a whole number from 1 to 107374182, not 'soon'"),
      ("tickTime=", "zoo.cfg:3: tickTime takes a whole number from 1 to 107374182, not ''"),
      ("forceSync=true", "zoo.cfg:3: forceSync takes yes or no, not 'true'"),
      ("digest.enabled=1", "zoo.cfg:3: digest.enabled takes true or false, not '1'"),
      (
        "clientPort=65536",
        "zoo.cfg:3: clientPort takes a whole number from 0 to 65535, not '65536'"
      ),
      (
        "minSessionTimeout=90000\nmaxSessionTimeout=100",
        "zoo.cfg: minSessionTimeout (90000) must not be larger than maxSessionTimeout (100)"
      ),
      (
        "superDigest=secret",
        "zoo.cfg:3: superDigest takes user:digest, the digest in base 64"
      ),
      (
        "server.1=a:1:2\nserver.2=b:1:2",
        "zoo.cfg:4: server.2 names a member of an ensemble; ensembles are not served yet, "
          + "only a server that runs alone"
      ),
      (
        "dynamicConfigFile=x",
        "zoo.cfg:3: dynamicConfigFile names the members of an ensemble; ensembles are not served yet"
      ),
      ("a=\\u12", "zoo.cfg:3: \\u must be followed by four hex digits"),
    ])
  func badValues(_ line: String, _ expected: String) {
    do {
      _ = try parse("dataDir=/d\nclientPort=1\n" + line)
      Issue.record("\(line) is accepted")
    } catch {
      #expect(error.description == expected)
    }
  }

  @Test("What must be there is asked for")
  func missing() {
    #expect { try parse("clientPort=1") } throws: { "\($0)" == "zoo.cfg: dataDir is not set" }
    #expect { try parse("dataDir=/d") } throws: { "\($0)" == "zoo.cfg: clientPort is not set" }
  }

  @Test("A four-letter word that does not exist is refused, and so is a secret that is none")
  func lists() throws {
    let base = "dataDir=/d\nclientPort=1\n"
    #expect(try parse(base + "4lw.commands.whitelist= * ").0.fourLetterWords == .all)
    #expect(throws: ConfigurationError.self) {
      try parse(base + "4lw.commands.whitelist=stat,xxxx")
    }
    #expect(try parse(base + "sessionSecret=0xB3415C00").0.sessionSecret == 0xB341_5C00)
    #expect(try parse(base + "sessionSecret=-5").0.sessionSecret == -5)
    do {
      _ = try parse(base + "sessionSecret=hunter2")
      Issue.record("accepted")
    } catch {
      // A secret does not belong in a log.
      #expect(!error.description.contains("hunter2"))
    }
  }
}
