import ClientSession
import LinnaeusBase
import Replica
import Storage
import Workload
import Zab

/// How a simulated run is set up; everything that varies follows from it.
public struct SimulationOptions: Sendable {
  /// What everything that is drawn follows from.
  public var seed: UInt64
  /// How many servers vote; 1 without an ensemble is a server alone.
  public var voters = 1
  /// How many servers only learn.
  public var observers = 0
  /// After so many completed operations the faults are over.
  public var operations = 500
  /// The faults are over after so long in any case, in nanoseconds of virtual time.
  public var safetyNanoseconds: Int64 = 60_000_000_000
  /// So long may it take until a healed ensemble has converged.
  public var livenessNanoseconds: Int64 = 120_000_000_000

  /// What the clients do.
  public var workload = WorkloadOptions()
  /// What some of them do instead: the first ones what the first role says, and so on.
  public var roles: [ClientRole] = []

  /// What they do step by step, in a run that tells a story.
  public var script: Script?

  /// The servers.
  public var replica = ReplicaOptions()
  /// Their parts in the ensemble.
  public var zab = ZabOptions()
  /// Their logs and snapshots.
  public var storage = StorageOptions()
  /// A turn of a server's loop takes this.
  public var turnNanoseconds: Int64 = 10_000
  /// And each input this on top.
  public var inputNanoseconds: Int64 = 2_000
  /// And each connection that it writes to this.
  public var outputNanoseconds: Int64 = 0
  /// And each kilobyte that it writes this.
  public var outputNanosecondsPerKilobyte: Int64 = 0
  /// The network.
  public var network = NetworkOptions()
  /// The disks.
  public var disk = DiskOptions()
  /// Monotonic clocks run up to this much too fast or too slow, in parts per million.
  public var driftPartsPerMillion = 0
  /// What goes wrong, and when; in ascending order of time.
  public var schedule: [ScheduledFault] = []
  /// Which kinds of faults were left in.
  public var faultKinds: [FaultKind] = []
  /// What is wrong with the driver, on purpose.
  package var mutants: DriverMutants = []
  /// What is wrong with the servers and their protocol.
  package var mutations: Mutations = []

  /// A server alone with five clients, and no faults.
  public init(seed: UInt64) {
    self.seed = seed
    storage.preallocationBytes = 0
  }

  /// How many clients there are.
  public var clients: Int { workload.clients }

  /// How many servers there are.
  public var servers: Int { voters + observers }

  /// User and password of who may change the ensemble.
  static let administrator = Array("super:linnaeus".utf8)

  /// The ensemble; nil if there is one server alone.
  var configuration: QuorumConfiguration? {
    guard servers > 1 else { return nil }
    return QuorumConfiguration(
      members: (1...servers).map { number in
        QuorumConfiguration.Member(
          id: ServerID(rawValue: Int64(number)), address: Array("server\(number):2888:3888".utf8),
          role: number <= voters ? .participant : .observer)
      })
  }
}

/// What a driver can get wrong; each must be noticed.
package struct DriverMutants: OptionSet, Sendable, Hashable {
  /// One bit for each.
  package let rawValue: UInt32

  /// Takes the bits.
  package init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Tickets are answered though nothing was synced.
  package static let acknowledgesBeforeSync = DriverMutants(rawValue: 1)
  /// Names are not synced, though their tickets are answered.
  package static let skipsDirectorySync = DriverMutants(rawValue: 2)
  /// Clients do not tell what they have seen last.
  package static let forgetsLastZxidSeen = DriverMutants(rawValue: 4)
  /// Snapshots are not synced, though their tickets are answered.
  package static let skipsSnapshotSync = DriverMutants(rawValue: 8)
  /// Servers do not warn of what they found when they recovered; it takes rot to matter.
  package static let hidesWarnings = DriverMutants(rawValue: 32)
  /// No log is cut.
  package static let losesTruncation = DriverMutants(rawValue: 16)
}
