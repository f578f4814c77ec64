import LinnaeusBase
public enum EpochFileName: Hashable, Sendable { case accepted, current }
extension DurableStorage {
  public mutating func writeEpoch(
    _ file: EpochFileName, _ epoch: Int64, into operations: inout [DiskOperation]
  ) {}
  public mutating func restart(at zxid: Zxid, into operations: inout [DiskOperation]) {}
}
extension StorageProgress {
  public var epochs: [(EpochFileName, Int64)] { [] }
}
