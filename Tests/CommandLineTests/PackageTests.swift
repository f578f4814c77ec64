import LinnaeusBase
import Testing

@testable import linnaeus

/// What the design says of the package as a whole.
@Suite("The package")
struct PackageTests {
  /// The targets from the top down, each with those that it may import directly; where the list is
  /// nil, all below it.
  static let arrows: [(target: String, imports: [String]?)] = [
    ("linnaeus", nil), ("benchmarks", nil),
    ("Experiments", ["Simulator", "Consistency"]),
    ("Report", ["Consistency"]),
    ("Recorder", ["ZooKeeperClient", "Workload"]),
    ("Simulator", ["Replica", "Workload"]),
    ("Server", ["Replica", "Sockets"]),
    ("Consistency", ["Linearizability"]),
    ("Linearizability", ["OperationHistory"]),
    ("Workload", ["ClientSession", "OperationHistory"]),
    ("ZooKeeperClient", ["ClientSession", "Sockets"]),
    ("ClientSession", ["Jute"]),
    ("Replica", ["Tree", "Zab", "Storage"]),
    ("Tree", ["Jute"]), ("Zab", ["Jute"]), ("Storage", ["Jute"]),
    ("OperationHistory", ["LinnaeusBase"]), ("Jute", ["LinnaeusBase"]),
    ("Sockets", ["LinnaeusBase", "CLinux"]),
    ("LinnaeusBase", []), ("CLinux", []),
  ]

  /// What may be imported from the toolchain.
  static let toolchain: Set = ["Glibc", "Synchronization", "Dispatch", "FoundationEssentials"]

  /// All that a target reaches by arrows.
  static func reach(_ target: String) -> Set<String> {
    guard let place = arrows.firstIndex(where: { $0.target == target }) else { return [] }
    guard let imports = arrows[place].imports else {
      return Set(arrows[(place + 1)...].map(\.target)).subtracting(["benchmarks"])
    }
    return imports.reduce(into: Set(imports)) { $0.formUnion(reach($1)) }
  }

  private func text(_ path: String) throws -> String {
    let input = try InputBytes(path: "\(Program.root)/\(path)")
    return withExtendedLifetime(input) { String(decoding: input.bytes, as: UTF8.self) }
  }

  private func files(below folder: String) throws -> [String] {
    try System.names(inFolder: "\(Program.root)/\(folder)").flatMap { name in
      let path = "\(folder)/\(name)"
      return System.isFolder("\(Program.root)/\(path)") == true ? try files(below: path) : [path]
    }
  }

  @Test("Only the simulator switches bugs on; others ask whether they are")
  func mutations() throws {
    let declarations = try text("Sources/LinnaeusBase/Mutations.swift").split(separator: "\n")
    let names = declarations.compactMap { line in
      line.firstRange(of: "static let ").map { line[$0.upperBound...].prefix { $0 != " " } }
    }
    #expect(names.count > 20)
    var asked: Set<Substring> = []
    for file in try files(below: "Sources")
    where !file.hasPrefix("Sources/Simulator/") && file != "Sources/LinnaeusBase/Mutations.swift" {
      for line in try text(file).split(separator: "\n") where line.contains("utations") {
        var rest = line
        while let range = rest.firstRange(of: "mutations.contains(.") {
          asked.insert(rest[range.upperBound...].prefix { $0 != ")" })
          rest = rest[range.upperBound...]
        }
        #expect(!rest.contains("mutations = .") && !rest.contains("mutations.insert"), "\(file)")
      }
    }
    #expect(asked == Set(names))
  }

  @Test("The manifest's arrows point only down the table")
  func manifest() throws {
    let manifest = try text("Package.swift")
    let words = manifest.split { " \n(),:[]".contains($0) }.map(String.init)
    var target: String?
    var count = 0
    for (index, word) in words.enumerated() {
      switch word {
      case ".testTarget", ".executable", ".library", ".package": target = nil
      case ".target", ".executableTarget", ".systemLibrary":
        target = words[index + 2].trimmingQuotes
        count += 1
        let name = try #require(target)
        #expect(Self.arrows.contains { $0.target == name }, "\(name) is not in the table")
      case "swiftSettings": target = nil
      case let word where word.hasPrefix("\"") && words[index - 1] != "name":
        guard let target else { continue }
        #expect(
          Self.reach(target).contains(word.trimmingQuotes), "\(target) may not import \(word)")
      default: continue
      }
    }
    #expect(count >= 6)
    #expect(!words.contains(".package"), "a dependency")
  }

  @Test("A source imports what its target may, and of Foundation only the essentials")
  func imports() throws {
    for file in try files(below: "Sources") where file.hasSuffix(".swift") {
      let target = String(file.split(separator: "/")[1])
      let allowed = Self.reach(target).union(Self.toolchain)
      for line in try text(file).split(separator: "\n") {
        let words = line.split(separator: " ").map(String.init)
        guard let place = words.firstIndex(of: "import"), place <= 1,
          place == 0 || words[0].hasPrefix("@")
            || ["public", "package", "internal"].contains(words[0])
        else { continue }
        let module = words[words.count - 1].split(separator: ".")[0]
        #expect(allowed.contains(String(module)), "\(file) imports \(module)")
      }
    }
  }

  @Test("Nothing stands at the top level but what the design names")
  func topLevel() throws {
    let allowed: Set = ["Package.swift", "Sources", "Tests", "Histories", "README.md"]
    for name in try System.names(inFolder: Program.root) where !name.hasPrefix(".") {
      #expect(allowed.contains(name), "\(name)")
    }
  }
}

extension String {
  fileprivate var trimmingQuotes: String { filter { $0 != "\"" } }
}
