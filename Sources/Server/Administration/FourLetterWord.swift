/// The commands that a client port takes in place of a session (zookeeper-protocol.md, section 10).
enum FourLetterWord: String, CaseIterable {
  case conf, cons, crst, dirs, dump, envi, gtmk, hash, isro, mntr, ruok, srst, srvr, stat, stmk,
    wchc, wchp, wchs

  init?(_ name: String) {
    self.init(rawValue: name)
  }

  /// The word that the first four bytes of a connection spell.
  init?(code: UInt32) {
    guard let word = Self.byCode[code] else { return nil }
    self = word
  }

  /// The four letters as the big-endian number that they would be as a length.
  var code: UInt32 { rawValue.utf8.reduce(0) { $0 << 8 | UInt32($1) } }

  /// What a telnet client sends when it is interrupted: it is answered by closing.
  static let telnetClose: UInt32 = 0xfff4_fffd

  private static let byCode = Dictionary(uniqueKeysWithValues: allCases.map { ($0.code, $0) })
}
