import Jute
import LinnaeusBase

extension Preparation {
  /// About how long the reply to a read will be that waits until all that is outstanding is applied.
  ///
  /// - Parameters:
  ///   - opcode: What is asked for.
  ///   - body: The request after its header; one that cannot be read has a short reply.
  ///   - tree: Everything that has been applied.
  /// - Returns: The bytes of data and names in it; for several reads at once, more than there may be
  ///   of them.
  public func expectedReplyBytes(
    _ opcode: Opcode, _ body: borrowing ByteReader, _ tree: ZnodeTree
  ) -> Int {
    switch opcode {
    case .multiRead: return Self.severalReads
    case .getData, .getChildren, .getChildren2:
      var reader = copy body
      guard let path = try? reader.stringOrEmpty(), let node = node(path, tree) else { return 0 }
      return opcode == .getData ? node.dataLength : Int(node.childCount) * Self.typicalName
    default: return 0
    }
  }

  private static let severalReads = 8 << 20
  private static let typicalName = 24
}
