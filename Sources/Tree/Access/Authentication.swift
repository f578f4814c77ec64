import Jute
import LinnaeusBase

/// Who a connection is: what credentials prove, and which access-control lists make sense
/// (zookeeper-protocol.md, section 9).
public struct Authentication: Hashable, Sendable {
  /// `super:` and the base64 text of the SHA-1 of `super:password`; nil for no super user.
  public var superDigest: [UInt8]?
  /// Schemes besides `digest` and `ip` whose ids access-control lists may name: `sasl`, `x509`.
  public var furtherSchemes: [[UInt8]]

  /// Takes both as they are.
  public init(superDigest: [UInt8]? = nil, furtherSchemes: [[UInt8]] = []) {
    self.superDigest = superDigest
    self.furtherSchemes = furtherSchemes
  }

  /// What an `auth` packet proves.
  ///
  /// - Parameters:
  ///   - scheme: The name of the scheme.
  ///   - credentials: What the scheme asks for; `user:password` for `digest`.
  ///   - address: The text of the connection's address.
  /// - Returns: The identities that the connection has from now on besides those that it had; nil
  ///   if it is refused.
  public func authenticate(
    scheme: BorrowedBytes, credentials: BorrowedBytes?, address: [UInt8]
  ) -> [Identity]? {
    if scheme == "ip" { return [Identity(scheme: Scheme.ip, id: address)] }
    guard scheme == "digest", let credentials else { return nil }
    let id = Self.digestID(credentials.array)
    let identity = Identity(scheme: Scheme.digest, id: id)
    return id == superDigest ? [.superUser, identity] : [identity]
  }

  /// The identity that every connection has without asking.
  public static func identity(ofAddress address: [UInt8]) -> Identity {
    Identity(scheme: Scheme.ip, id: address)
  }

  /// The id of `user:password`: `user:`, and the base64 text of the SHA-1 of the whole.
  public static func digestID(_ credentials: [UInt8]) -> [UInt8] {
    let user = credentials.prefix { $0 != UInt8(ascii: ":") }
    return user + [UInt8(ascii: ":")] + encodeBase64(SHA1.digest(credentials))
  }

  /// Makes a list that a client sends the one that is kept: duplicates go, `auth` becomes whoever
  /// the client has authenticated as.
  ///
  /// - Returns: nil for a list that is empty or names anything that is no identity, and for one
  ///   that would become far longer than any request.
  func fixedUp(_ list: [ACL], identities: [Identity]) -> [ACL]? {
    let proven = identities.filter { isProof($0.scheme) }
    let provenBytes = proven.reduce(0) { $0 + 12 + $1.scheme.count + $1.id.count }
    var expandedBytes = 0
    var result: [ACL] = []
    for entry in withoutDuplicates(list) {
      let identity = entry.identity
      if identity == .anyone {
        result.append(entry)
      } else if identity.scheme == Scheme.auth {
        expandedBytes += provenBytes
        if proven.isEmpty || expandedBytes > Self.longestExpansion { return nil }
        for identity in proven { result.append(ACL(entry.permissions, identity)) }
      } else if isValid(identity) {
        result.append(entry)
      } else {
        return nil
      }
    }
    return result.isEmpty ? nil : result
  }

  /// So many bytes at most come of `auth`, which else could stand for the product of two numbers
  /// that a client chooses.
  private static let longestExpansion = 1 << 20

  /// Short lists, which are nearly all there are, are compared entry by entry.
  private func withoutDuplicates(_ list: [ACL]) -> [ACL] {
    var unique: [ACL] = []
    if list.count <= 8 {
      for entry in list where !unique.contains(entry) { unique.append(entry) }
    } else {
      // Looked up, never walked.
      var known: Set<ACL> = []
      for entry in list where known.insert(entry).inserted { unique.append(entry) }
    }
    return unique
  }

  /// An address is not something that a client proves.
  private func isProof(_ scheme: [UInt8]) -> Bool {
    scheme == Scheme.digest || furtherSchemes.contains(scheme)
  }

  private func isValid(_ identity: Identity) -> Bool {
    if identity.scheme == Scheme.digest { return Self.isDigestID(identity.id) }
    if identity.scheme == Scheme.ip { return AddressRange(identity.id) != nil }
    return furtherSchemes.contains(identity.scheme)
  }

  /// Two parts with a colon between them; as in Java, empty parts at the end do not count.
  private static func isDigestID(_ id: [UInt8]) -> Bool {
    let parts = id.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard let last = parts.lastIndex(where: { !$0.isEmpty }) else { return false }
    return last == 1
  }
}

/// The names of schemes.
enum Scheme {
  static let ip = Array("ip".utf8)
  static let digest = Array("digest".utf8)
  static let auth = Array("auth".utf8)
  static let superUser = Array("super".utf8)
}

extension Identity {
  /// Who may do everything.
  public static let superUser = Identity(scheme: Scheme.superUser, id: [])

  var isSuper: Bool { scheme == Scheme.superUser }

  /// Whether an entry for this identity is meant for `other`.
  func covers(_ other: Identity) -> Bool {
    guard scheme == other.scheme else { return false }
    guard scheme == Scheme.ip else { return id == other.id }
    guard let range = AddressRange(id), let address = AddressRange(other.id) else { return false }
    return range.contains(address)
  }
}

/// An address of IP version 4, and how many of its leading bits count.
private struct AddressRange {
  var address: UInt32 = 0
  var bits: UInt32 = 32

  /// Reads `192.168.0.0/16` or `192.168.0.1`.
  init?(_ text: [UInt8]) {
    let parts = text.split(
      separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
    let bytes = parts[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard bytes.count == 4 else { return nil }
    for byte in bytes {
      guard let value = number(byte), (0...255).contains(value) else { return nil }
      address = address << 8 | UInt32(value)
    }
    if parts.count == 2 {
      guard let value = number(parts[1]), (0...32).contains(value) else { return nil }
      bits = UInt32(value)
    }
  }

  func contains(_ other: AddressRange) -> Bool {
    bits == 0 || (address ^ other.address) >> (32 - bits) == 0
  }
}

/// A decimal number of up to 18 digits, with or without a sign.
func number(_ text: ArraySlice<UInt8>) -> Int64? {
  var digits = text
  var isNegative = false
  if let first = digits.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
    isNegative = first == UInt8(ascii: "-")
    digits.removeFirst()
  }
  guard !digits.isEmpty, digits.count <= 18 else { return nil }
  var value: Int64 = 0
  for digit in digits {
    guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
    value = value * 10 + Int64(digit - UInt8(ascii: "0"))
  }
  return isNegative ? -value : value
}
