import LinnaeusBase

/// How a tree behaves, as ZooKeeper's system properties and zoo.cfg set it.
public struct TreeOptions: Hashable, Sendable {
  /// Whether znodes may have a time to live (`extendedTypesEnabled`).
  public var hasExtendedTypes: Bool
  /// Whether hard quotas are enforced, not only counted (`enforceQuota`).
  public var enforcesQuota: Bool
  /// Whether transactions and snapshots carry the tree's digest (`digest.enabled`).
  public var hasDigest: Bool
  /// Which credentials and identities there are.
  public var authentication: Authentication
  /// For those who prove that they would see it.
  package var mutations: Mutations = []

  /// Takes each of them; without arguments, what ZooKeeper does by default.
  public init(
    hasExtendedTypes: Bool = false, enforcesQuota: Bool = false, hasDigest: Bool = true,
    authentication: Authentication = Authentication()
  ) {
    self.hasExtendedTypes = hasExtendedTypes
    self.enforcesQuota = enforcesQuota
    self.hasDigest = hasDigest
    self.authentication = authentication
  }
}
