import LinnaeusBase

/// Notifications between election ports: of a pair either both ends are connected or none, and of
/// what was sent before a connection broke any part may still come, late and more than once.
struct ElectionNetwork {
  struct Message {
    var from: Int32
    var to: Int32
    /// Which process of the receiver it was sent to.
    var incarnation: UInt32
    var bytes: [UInt8]
  }

  private var options: NetworkOptions
  let servers: Int
  private var random: SeededRandom
  /// By pair, whether notifications can be exchanged.
  private var isConnected: [Bool]
  /// By pair, whether it is about to be tried.
  private var isTrying: [Bool]
  private var messages: [Message] = []
  private var free: [Int32] = []
  /// By sender and receiver, what a split holds up: the latest.
  private var heldUp: [Int32]

  init(options: NetworkOptions, servers: Int, seed: UInt64) {
    self.options = options
    self.servers = servers
    random = SeededRandom(seed: seed, .election)
    isConnected = Array(repeating: false, count: servers * servers)
    isTrying = isConnected
    heldUp = Array(repeating: -1, count: servers * servers)
  }

  /// Nothing is lost or repeated any more.
  mutating func clear() {
    options.oneNotificationLostIn = 0
    options.oneNotificationRepeatedIn = 0
  }

  private func pair(_ one: Int, _ other: Int) -> Int {
    min(one, other) * servers + max(one, other)
  }

  /// Somebody tries to connect two servers.
  mutating func tryConnecting(
    _ one: Int, _ other: Int, at time: Int64, queue: inout EventQueue
  ) {
    let pair = pair(one, other)
    guard !isConnected[pair], !isTrying[pair] else { return }
    isTrying[pair] = true
    queue.schedule(.electionConnect, at: time, subject: Int32(pair))
  }

  /// The try has come; whether they were not connected before.
  mutating func finishTrying(_ one: Int, _ other: Int, succeeds: Bool) -> Bool {
    let pair = pair(one, other)
    isTrying[pair] = false
    guard succeeds, !isConnected[pair] else { return false }
    isConnected[pair] = true
    return true
  }

  /// The connection of two servers is gone.
  mutating func disconnect(_ one: Int, _ other: Int) { isConnected[pair(one, other)] = false }

  /// Sends a notification, if there is a connection.
  ///
  /// - Parameters:
  ///   - message: What to send.
  ///   - arrival: When it comes.
  ///   - queue: Where that is scheduled.
  /// - Returns: Whether the connection broke; then the notification is lost.
  mutating func send(_ message: Message, arrival: Int64, queue: inout EventQueue) -> Bool {
    let pair = pair(Int(message.from), Int(message.to))
    guard isConnected[pair] else { return false }
    let isLost =
      options.oneNotificationLostIn > 0 && random.chance(1, in: options.oneNotificationLostIn)
    if isLost { isConnected[pair] = false }
    let repeats =
      options.oneNotificationRepeatedIn > 0
      && random.chance(1, in: options.oneNotificationRepeatedIn)
    if repeats {
      let late = arrival + random.exponential(mean: options.retransmissionNanoseconds)
      queue.schedule(.notification, at: late, subject: store(message))
    }
    if !isLost { queue.schedule(.notification, at: arrival, subject: store(message)) }
    return isLost
  }

  private mutating func store(_ message: Message) -> Int32 {
    if let place = free.popLast() {
      messages[Int(place)] = message
      return place
    }
    messages.append(message)
    return Int32(messages.count - 1)
  }

  /// What a message says.
  func message(_ number: Int32) -> Message { messages[Int(number)] }

  /// A message is delivered, or nobody wants it.
  mutating func drop(_ number: Int32) {
    messages[Int(number)].bytes = []
    free.append(number)
  }

  /// A split holds a message up; of several only the latest matters.
  mutating func holdUp(_ number: Int32) {
    let place = Int(messages[Int(number)].from) * servers + Int(messages[Int(number)].to)
    if heldUp[place] >= 0 { drop(heldUp[place]) }
    heldUp[place] = number
  }

  /// Nothing holds messages from one to another up any more.
  mutating func release(from: Int, to: Int, now: Int64, queue: inout EventQueue) {
    let number = heldUp[from * servers + to]
    guard number >= 0 else { return }
    heldUp[from * servers + to] = -1
    let wait = 1 + random.below(Int(options.retransmissionNanoseconds))
    queue.schedule(.notification, at: now + Int64(wait), subject: number)
  }
}
