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

    SUBJECTS:
      check                   Whole runs of 'linnaeus check' beside their targets.

    OPTIONS:
      --rows <pattern>        Only rows whose name contains this text.
      --runs <n>              How often each row is timed. (default: 5)
      --list                  Only list the rows.

    The environment variable LINNAEUS_SHARED names the folder of public test data
    and of generate-history.py; rows that need it are left out without it.

    """

  private static func end(_ text: String, status: Int32) -> Never {
    var text = text
    text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    exit(status)
  }
}

/// What keeps a benchmark from being run.
struct BenchmarkError: Error {
  var message: String
}
