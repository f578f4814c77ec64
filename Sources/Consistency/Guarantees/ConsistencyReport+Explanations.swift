extension ConsistencyReport {
  /// Why a write without an answer must have happened, in a sentence.
  public func sentence(_ pin: Pin) -> String {
    let words = Wording(columns: columns, zxids: zxids)
    let doubt = pin.isAmbiguous ? ", or another write just like it," : ""
    return "\(words.operation(pin.request))\(doubt) happened with that zxid:"
      + " \(words.operation(pin.shownBy)) shows it."
  }

  /// What must have happened before an answer, in a sentence.
  public func sentence(_ explanation: Explanation) -> String {
    let words = Wording(columns: columns, zxids: zxids)
    let before = words.operation(explanation.before)
    switch explanation.event {
    case .write(let request):
      return "\(words.operation(request)) happened before \(before), which could not be otherwise."
    case .end(let session):
      let id = words.hexadecimal(columns.sessions[Int(session)])
      return "Session \(id) ended before \(before), which could not be otherwise."
    case .removal(let path):
      return "A server removed \(words.path(path)) before \(before), which could not be otherwise."
    }
  }
}
