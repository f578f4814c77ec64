/// One row of the table: an input, how it is checked, and what is asked of the run.
struct CheckRow {
  /// Where the input comes from.
  enum Source {
    /// A file or folder of the public test data.
    case data(String)
    /// What `generate-history.py` makes of these arguments.
    case generated(String)
    /// The first ten lines of what it makes.
    case firstLines(String)
  }

  let name: String
  let source: Source
  var options: [String] = []
  /// The exit codes that are right.
  var codes: Set<Int32> = [0]
  let targetSeconds: Double
  var targetBytes: Int?
  /// Whether *unknown* is an answer, if limits are kept.
  var isPrize = false

  /// The rows, with the targets that the project set itself.
  static let all: [CheckRow] =
    [
      CheckRow(
        name: "etcd, 102 logs", source: .data("jepsen-etcd"), codes: [1], targetSeconds: 0.03)
    ] + keyValue + generated + prizes

  private static let keyValue: [CheckRow] =
    ["c01", "c10", "c50"].flatMap { clients in
      [("ok", 0 as Int32), ("bad", 1)].map { verdict, code in
        CheckRow(
          name: "porcupine-kv \(clients)-\(verdict)",
          source: .data("porcupine-kv/\(clients)-\(verdict).txt"), codes: [code],
          targetSeconds: 0.02)
      }
    }
    + [("ok", 0 as Int32), ("bad", 1)].map { verdict, code in
      CheckRow(
        name: "porcupine-kv c10-\(verdict), whole",
        source: .data("porcupine-kv/c10-\(verdict).txt"), options: ["--no-partition"],
        codes: [code], targetSeconds: 0.05)
    }

  private static let generated: [CheckRow] = [
    CheckRow(
      name: "register, 20 clients, 1,000", source: .generated("--clients 20 --ops 1000 --seed 1"),
      targetSeconds: 0.02),
    CheckRow(
      name: "register, 10 clients, 100,000",
      source: .generated("--clients 10 --ops 100000 --seed 1"), targetSeconds: 0.5,
      targetBytes: 60_000_000),
    CheckRow(
      name: "register, 50 clients, 1,000", source: .generated("--clients 50 --ops 1000 --seed 1"),
      targetSeconds: 0.5),
    CheckRow(
      name: "info, 50 clients, 200",
      source: .generated("--clients 50 --ops 200 --info 0.01 --seed 2"), targetSeconds: 0.05),
    CheckRow(
      name: "fabricated, 20 clients, 1,000",
      source: .generated("--clients 20 --ops 1000 --mutate fabricated --seed 3"), codes: [1],
      targetSeconds: 0.1),
    CheckRow(
      name: "unique writes, 50 clients, 100,000",
      source: .generated("--clients 50 --ops 100000 --values 0 --mix 0.5,0.5,0 --seed 1"),
      targetSeconds: 0.3),
    CheckRow(
      name: "key-value, 1,000,000",
      source: .generated("--clients 20 --keys 100 --ops 1000000 --seed 4"), targetSeconds: 1,
      targetBytes: 150_000_000),
    CheckRow(
      name: "ten lines, start to exit",
      source: .firstLines("--clients 2 --ops 100 --seed 1"), targetSeconds: 0.01),
  ]

  private static let prizes: [CheckRow] = [
    ("register", "--clients 50 --ops 10000 --seed 1"),
    ("unique", "--clients 50 --ops 10000 --values 0 --seed 1"),
  ].map { name, arguments in
    CheckRow(
      name: "prize: \(name), 50 clients, 10,000", source: .generated(arguments),
      options: ["--timeout", "60s", "--memory", "4GB"], codes: [0, 2], targetSeconds: 61,
      targetBytes: 4_400_000_000, isPrize: true)
  }
}
