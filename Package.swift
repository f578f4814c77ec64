// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

// The targets from the top down: an import may only point down this list.
let package = Package(
  name: "Linnaeus",
  products: [
    .executable(name: "linnaeus", targets: ["linnaeus"]),
    .executable(name: "benchmarks", targets: ["benchmarks"]),
    .library(name: "Linearizability", targets: ["Linearizability"]),
  ],
  targets: [
    .executableTarget(
      name: "linnaeus",
      dependencies: [
        "Experiments", "Report", "Simulator", "Server", "Consistency", "Linearizability",
        "OperationHistory", "ClientSession", "Replica", "Tree", "Storage", "Jute", "Sockets",
        "LinnaeusBase",
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "benchmarks",
      dependencies: [
        "Experiments", "Simulator", "Workload", "Linearizability", "OperationHistory", "Jute",
        "Sockets", "LinnaeusBase",
      ],
      swiftSettings: settings),
    .target(
      name: "Experiments",
      dependencies: [
        "Simulator", "Consistency", "Linearizability", "Workload", "ClientSession", "Replica",
        "Zab",
        "OperationHistory", "LinnaeusBase",
      ],
      swiftSettings: settings),
    .target(
      name: "Report",
      dependencies: ["Consistency", "Linearizability", "OperationHistory", "LinnaeusBase"],
      swiftSettings: settings),
    .target(
      name: "Simulator",
      dependencies: [
        "Replica", "Tree", "Zab", "Storage", "Workload", "ClientSession", "OperationHistory",
        "Jute",
        "LinnaeusBase",
      ],
      swiftSettings: settings),
    .target(
      name: "Server",
      dependencies: ["Replica", "Tree", "Zab", "Storage", "Jute", "Sockets", "LinnaeusBase"],
      swiftSettings: settings),
    .target(
      name: "Consistency", dependencies: ["Linearizability", "OperationHistory", "LinnaeusBase"],
      swiftSettings: settings),
    .target(
      name: "Linearizability",
      dependencies: ["OperationHistory", "LinnaeusBase"],
      swiftSettings: settings),
    .target(
      name: "Workload",
      dependencies: ["ClientSession", "OperationHistory", "Jute", "LinnaeusBase"],
      swiftSettings: settings),
    .target(
      name: "ClientSession", dependencies: ["Jute", "LinnaeusBase"], swiftSettings: settings),
    .target(
      name: "Replica", dependencies: ["Tree", "Zab", "Storage", "Jute", "LinnaeusBase"],
      swiftSettings: settings),
    .target(name: "Tree", dependencies: ["Jute", "LinnaeusBase"], swiftSettings: settings),
    .target(name: "Zab", dependencies: ["Jute", "LinnaeusBase"], swiftSettings: settings),
    .target(name: "Storage", dependencies: ["Jute", "LinnaeusBase"], swiftSettings: settings),
    .target(name: "OperationHistory", dependencies: ["LinnaeusBase"], swiftSettings: settings),
    .target(name: "Jute", dependencies: ["LinnaeusBase"], swiftSettings: settings),
    .target(name: "Sockets", dependencies: ["CLinux", "LinnaeusBase"], swiftSettings: settings),
    .systemLibrary(name: "CLinux"),
    .target(name: "LinnaeusBase", swiftSettings: settings),

    .testTarget(
      name: "LinnaeusBaseTests", dependencies: ["LinnaeusBase"], swiftSettings: settings),
    .testTarget(
      name: "JuteTests", dependencies: ["Jute", "LinnaeusBase"], swiftSettings: settings),
    .testTarget(
      name: "TreeTests", dependencies: ["Tree", "Jute", "LinnaeusBase"], swiftSettings: settings),
    .testTarget(
      name: "ZabTests", dependencies: ["Zab", "Jute", "LinnaeusBase"], swiftSettings: settings),
    .testTarget(
      name: "StorageTests", dependencies: ["Storage", "Jute", "LinnaeusBase"],
      swiftSettings: settings),
    .testTarget(
      name: "ReplicaTests",
      dependencies: ["Replica", "Tree", "Zab", "Storage", "Jute", "LinnaeusBase"],
      swiftSettings: settings),
    .testTarget(
      name: "ClientSessionTests", dependencies: ["ClientSession", "Jute", "LinnaeusBase"],
      swiftSettings: settings),
    .testTarget(
      name: "WorkloadTests",
      dependencies: ["Workload", "ClientSession", "OperationHistory", "Jute", "LinnaeusBase"],
      swiftSettings: settings),
    .testTarget(
      name: "ConsistencyTests",
      dependencies: ["Consistency", "Linearizability", "OperationHistory", "LinnaeusBase"],
      swiftSettings: settings),
    .testTarget(
      name: "SimulatorTests",
      dependencies: [
        "Simulator", "Replica", "Tree", "Zab", "Storage", "Workload", "ClientSession",
        "OperationHistory", "Jute", "LinnaeusBase",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ExperimentsTests",
      dependencies: [
        "Experiments", "Simulator", "Consistency", "Linearizability", "Workload", "ClientSession",
        "Replica", "Zab", "OperationHistory", "LinnaeusBase",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ServerTests",
      dependencies: [
        "Server", "Replica", "Tree", "Storage", "ClientSession", "Jute", "Sockets", "LinnaeusBase",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "OperationHistoryTests", dependencies: ["OperationHistory", "LinnaeusBase"],
      swiftSettings: settings),
    .testTarget(
      name: "LinearizabilityTests",
      dependencies: ["Linearizability", "OperationHistory", "LinnaeusBase"],
      swiftSettings: settings),
    .testTarget(
      name: "ReportTests",
      dependencies: [
        "Report", "Consistency", "Linearizability", "OperationHistory", "LinnaeusBase",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "CommandLineTests",
      dependencies: ["linnaeus", "OperationHistory", "LinnaeusBase"],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
