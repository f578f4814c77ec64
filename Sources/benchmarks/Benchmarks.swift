import Glibc
import LinnaeusBase

/// Programs that measure, one a subject.
@main
struct Benchmarks {
  static func main() {
    var arguments = Array(CommandLine.arguments.dropFirst())
    guard let subject = arguments.first else { end(usage, status: 64) }
    arguments.removeFirst()
    do {
      switch subject {
      case "check": exit(try CheckBenchmark(arguments).run())
      case "serve": exit(try ServeBenchmark(arguments).run())
      case "null-server":
        var server = try NullServer.listening(arguments)
        try server.run()
      case "footprint":
        var benchmark = try FootprintBenchmark(arguments)
        exit(try benchmark.run())
      case "simulate":
        var benchmark = try SimulateBenchmark(arguments)
        exit(benchmark.run())
      case "transactions":
        var benchmark = try TransactionsBenchmark(arguments)
        exit(try benchmark.run())
      case "--help", "-h", "help":
        print(usage, terminator: "")
        exit(0)
      default: end("benchmarks: there is no subject '\(subject)'\n\(usage)", status: 64)
      }
    } catch let error as BenchmarkError {
      end("benchmarks: \(error.message)\n", status: 64)
    } catch {
      end("benchmarks: \(error)\n", status: 70)
    }
  }

  private static let usage = """
    OVERVIEW: Measure Linnaeus.

    USAGE: swift run -c release benchmarks check [--rows <pattern>] [--runs <n>] [--list]
           swift run -c release benchmarks serve [--apache] [--seconds <n>] [--rounds <n>]
             [--sessions <n,…>] [--outstanding <n,…>] [--operations <name,…>]
             [--force-sync yes|no]
           swift run -c release benchmarks null-server [--port <port>] [--log <file>]
           swift run -c release benchmarks footprint [--rows <name,…>] [--operations <n>]
             [--nodes <n>]
           swift run -c release benchmarks simulate [--operations <n>] [--seeds <n>]
           swift run -c release benchmarks transactions [--operations <n>] [--runs <n>]

    SUBJECTS:
      check                   Whole runs of 'linnaeus check' beside their targets.
      serve                   Requests to 'linnaeus serve', and to Apache ZooKeeper beside it.
      null-server             Answer ZooKeeper's requests and do nothing, for load clients.
      footprint               Memory and start-up of 'linnaeus serve' beside their targets.
      simulate                Simulated ensembles beside their targets.
      transactions            'linnaeus check' of ten thousand transactions and more.

    OPTIONS:
      --rows <pattern>        Only rows whose name contains this text.
      --runs <n>              How often each row is timed. (default: 5)
      --list                  Only list the rows.
      --rows <name,…>         Of the footprint: start, mix, snapshot, log.
      --operations <n>        How many operations the mix has. (default: 10000000)
      --nodes <n>             How many znodes are made. (default: 1000000)
      --operations, --seeds   Of the simulator: how many operations without faults,
                              and how many seeds with them. (default: 500000, 3000)
      --operations            Of the transactions: up to how many. (default: 1000000)
      --apache                Measure Debian's Apache ZooKeeper in the same run.
      --seconds <n>           How long each measurement lasts. (default: 3)
      --rounds <n>            How often; medians are printed. (default: 1)
      --log <file>            Of the null server: write there, and sync, before it
                          replies to a write.
      --sessions, --outstanding, --operations, --force-sync
                              Only these cells of the table.

    The environment variable LINNAEUS_SHARED names the folder of public test data
    and of generate-history.py; rows that need it are left out without it.

    """

  private static func end(_ text: String, status: Int32) -> Never {
    var text = text
    text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    exit(status)
  }
}

/// The folder that this executable stands in.
func ownFolder() -> String {
  var own = [CChar](repeating: 0, count: 4096)
  let count = readlink("/proc/self/exe", &own, own.count)
  let bytes = own.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
  let folder = String(decoding: bytes, as: UTF8.self).split(separator: "/").dropLast()
  return "/" + folder.joined(separator: "/")
}

/// What keeps a benchmark from being run.
struct BenchmarkError: Error {
  var message: String
}
