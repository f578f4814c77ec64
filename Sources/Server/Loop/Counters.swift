/// What the loop counts for the administration.
struct Counters {
  var bytesReceived: Int64 = 0
  var bytesSent: Int64 = 0
  var connectionsAccepted: Int64 = 0
  var connectionsEnded: Int64 = 0
  var connectionsRejected: Int64 = 0
  var sessionlessExpired: Int64 = 0
  /// Four-letter words, which count as packets both ways.
  var words: Int64 = 0
  /// What `stmk` set and `gtmk` returns; nothing is traced.
  var traceMask: Int64 = 306
}
