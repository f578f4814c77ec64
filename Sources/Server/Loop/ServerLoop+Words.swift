import LinnaeusBase
import Replica
import Sockets
import Tree

/// What the first bytes of a connection are.
enum WordOutcome {
  /// A four-letter word, which was answered.
  case answered
  /// One that more bytes belong to.
  case unfinished
  /// None.
  case none
}

extension ServerLoop {
  /// Answers a four-letter word, after which the connection ends (zookeeper-protocol.md, section 10).
  mutating func answerWord(_ slot: Int32, _ bytes: UnsafeRawBufferPointer) -> WordOutcome {
    let code = UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))
    if code == FourLetterWord.telnetClose {
      end(slot)
      return .answered
    }
    guard let word = FourLetterWord(code: code) else { return .none }
    if word == .stmk, bytes.count < 12 { return .unfinished }
    connections[Int(slot)].packetsReceived += 1
    counters.words += 1
    var text = "\(word.rawValue) is not executed because it is not in the whitelist.\n"
    if configuration.fourLetterWords.allows(word.rawValue) {
      if word == .stmk {
        counters.traceMask = Int64(
          bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: Int64.self))
      }
      text = reply(to: word)
    }
    log(.debug, "\(word.rawValue) from /\(peer(slot))")
    connections[Int(slot)].isAnswered = true
    effects.outputs[Int(slot)].bytes.append(contentsOf: text.utf8)
    effects.closing[Int(slot)] = true
    effects.touched.append(slot)
    return .answered
  }

  private mutating func reply(to word: FourLetterWord) -> String {
    switch word {
    case .ruok: return "imok"
    case .isro: return "rw"
    case .gtmk, .stmk: return "\(counters.traceMask)"
    // The digests of past transactions, of which none is kept.
    case .hash: return ""
    case .crst:
      replica.resetConnectionStatistics()
      for index in connections.indices { connections[index].packetsReceived = 0 }
      return "Connection stats reset.\n"
    case .srst:
      replica.resetStatistics()
      counters.words = 0
      return "Server stats reset.\n"
    case .srvr: return FourLetterReplies.srvr(figures())
    case .stat: return FourLetterReplies.stat(figures(), clients: clients())
    case .cons: return FourLetterReplies.cons(clients())
    case .mntr: return FourLetterReplies.mntr(figures())
    case .envi: return FourLetterReplies.envi(ServerEnvironment.entries)
    case .conf:
      return FourLetterReplies.conf(configuration, port: clientPort, sizes: directorySizes())
    case .dirs:
      let sizes = directorySizes()
      return "datadir_size: \(sizes.data)\nlogdir_size: \(sizes.log)\n"
    case .dump:
      return FourLetterReplies.dump(
        sessions: sessionExpiries(), ephemerals: replica.tree.ephemeralsBySession,
        connections: connectionExpiries())
    case .wchs: return FourLetterReplies.wchs(replica.tree.watchSummary)
    case .wchp:
      return FourLetterReplies.wchp(
        replica.tree.watchesByPath.map { ($0.path, $0.watchers.map { session(of: $0) }) })
    case .wchc:
      return FourLetterReplies.wchc(
        replica.tree.watchesByWatcher.map { (session(of: $0.watcher), $0.paths) })
    }
  }

  /// The port that was asked for, or that the system has chosen.
  var clientPort: Int { ports.client.address.port }
}
