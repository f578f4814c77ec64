import LinnaeusBase
import Replica
import Sockets
import Storage
import Tree

/// A ZooKeeper server: a replica on real sockets and a real disk.
///
/// It listens from the moment that it exists; who connects before ``run()`` waits.
public final class ZooKeeperServer: Sendable {
  /// How it runs.
  public let configuration: ServerConfiguration
  private let log: ServerLog
  private let ports: Ports
  private let syncFile: DiskExecutor.Sync

  /// Listens on the configured ports.
  ///
  /// - Parameters:
  ///   - configuration: How to run.
  ///   - log: Where to tell what happens.
  /// - Throws: The error of a port that cannot be listened on.
  public convenience init(
    _ configuration: ServerConfiguration, log: ServerLog
  ) throws(ServerError) {
    try self.init(configuration, log: log, syncFile: FileCalls.sync)
  }

  /// Listens, and makes files durable in a way of its own, for tests.
  init(
    _ configuration: ServerConfiguration, log: ServerLog, syncFile: @escaping DiskExecutor.Sync
  ) throws(ServerError) {
    self.configuration = configuration
    self.log = log
    self.syncFile = syncFile
    do { ports = try Ports(configuration) } catch { throw .system(error) }
  }

  /// Where clients connect: `127.0.0.1:2181`.
  public var clientAddress: SocketAddress { ports.client.address }
  /// Where the administration's commands are.
  public var adminAddress: SocketAddress? { ports.admin?.address }
  /// Where the figures for Prometheus are.
  public var metricsAddress: SocketAddress? { ports.metrics?.address }

  /// Recovers what is on the disk, and serves until ``stop()``, on the calling thread.
  ///
  /// - Parameter whenReady: Called once everything is recovered and clients are served.
  /// - Throws: Why it cannot start or go on.
  public func run(whenReady: () -> Void = {}) throws(ServerError) {
    let now = SystemClock.now()
    let folders = try DataFolders(configuration)
    defer { folders.close() }
    let options = configuration.replicaOptions
    let recovered = try folders.recover(options: options.tree, log: log)
    let storage = DurableStorage(
      options: configuration.storageOptions, recovered: recovered.state)
    var replica = ZooKeeperReplica(
      options: options, recovered: recovered.sink, storage: storage, now: now,
      wall: SystemClock.wall())
    var executor = DiskExecutor(
      logFolder: configuration.logFolder, snapshotFolder: configuration.snapshotFolder,
      syncs: configuration.forceSync, syncFile: syncFile)
    try Self.prepare(&replica, &executor, log)
    let disk: Disk
    let poller: Poller
    do {
      disk = try Disk(executor, onThread: configuration.forceSync)
      poller = try Poller()
    } catch {
      throw .system(error)
    }
    var loop = ServerLoop(
      configuration: configuration, log: log, ports: ports, replica: replica, disk: disk,
      poller: poller, now: SystemClock.now(), wall: SystemClock.wall())
    let milliseconds = (SystemClock.now().nanoseconds - now.nanoseconds) / 1_000_000
    log(
      .info,
      "serving \(clientAddress) from \(configuration.dataDirectory): last zxid "
        + "\(recovered.sink.tree.lastZxid), ready after \(milliseconds) ms")
    whenReady()
    try loop.run()
  }

  /// Ends ``run()``, which first answers what is under way; from any thread.
  public func stop() {
    ports.stop.signal()
  }

  /// Makes durable what was recovered, before anybody is told of it.
  private static func prepare(
    _ replica: inout ZooKeeperReplica, _ executor: inout DiskExecutor, _ log: ServerLog
  ) throws(ServerError) {
    var effects = Effects()
    replica.endOfBatch(into: &effects)
    while !replica.isReady, replica.failure == nil, !effects.disk.isEmpty {
      let operations = effects.disk
      effects.disk = []
      for operation in operations {
        guard let answer = executor.run(operation) else { continue }
        if let errno = answer.errno {
          replica.failed(answer.ticket, errno: errno, into: &effects)
        } else {
          replica.completed(answer.ticket, into: &effects)
        }
      }
      replica.endOfBatch(into: &effects)
    }
    for operation in effects.disk { _ = executor.run(operation) }
    for (level, message) in effects.log { log(level, message) }
    if let failure = replica.failure {
      throw executor.errors.first.map { .system($0) } ?? .replica(failure)
    }
  }
}

extension ServerConfiguration {
  /// What of it is the replica's.
  var replicaOptions: ReplicaOptions {
    var options = ReplicaOptions()
    options.tickMilliseconds = Int32(clamping: tickMilliseconds)
    options.minSessionTimeoutMilliseconds = Int32(clamping: grantedMinSessionTimeout)
    options.maxSessionTimeoutMilliseconds = Int32(clamping: grantedMaxSessionTimeout)
    options.globalOutstandingLimit = globalOutstandingLimit
    options.sessionSecret = sessionSecret
    options.containerCheckMilliseconds = Int64(containerCheckMilliseconds)
    options.containerCheckLimit = containersPerCheck
    options.tree.hasExtendedTypes = extendedTypesEnabled
    options.tree.enforcesQuota = enforceQuota
    options.tree.hasDigest = digestEnabled
    options.tree.authentication = Authentication(superDigest: superDigest.map { Array($0.utf8) })
    return options
  }

  /// How many containers a check may remove, so that a minute's checks keep to the limit.
  private var containersPerCheck: Int {
    max(1, containersPerMinute * min(containerCheckMilliseconds, 60_000) / 60_000)
  }

  /// What of it is the storage's.
  var storageOptions: StorageOptions {
    var options = StorageOptions()
    options.snapshotEveryTransactions = snapCount
    options.snapshotEveryBytes = max(0, snapSizeLimitKilobytes) * 1024
    options.preallocationBytes = preallocationKilobytes * 1024
    options.logSizeLimitBytes = max(0, logSizeLimitKilobytes) * 1024
    options.retainedSnapshots = purgeIntervalHours > 0 ? snapshotsToRetain : nil
    options.seed = UInt64(bitPattern: SystemClock.now().nanoseconds)
    return options
  }
}
