import LinnaeusBase

extension RandomEnsembleHistory {
  /// Lets two transactions on different paths, one right after the other, have been done the other
  /// way round: all answers stay right, but the order may be against real time or a session.
  mutating func swapWrites(_ random: inout SeededRandom) {
    let writes = operations.indices.filter {
      operations[$0].call.isWrite && operations[$0].reply != nil
    }
    var pairs: [(first: Int, second: Int)] = []
    for first in writes {
      for second in writes where operations[second].zxid == operations[first].zxid.map({ $0 + 1 }) {
        if path(of: first) != path(of: second) { pairs.append((first, second)) }
      }
    }
    guard let (first, second) = pairs.randomElement(using: &random),
      let low = operations[first].zxid, let high = operations[second].zxid
    else { return }
    func swapped(_ zxid: Int?) -> Int? {
      zxid == low ? high : zxid == high ? low : zxid
    }
    for index in operations.indices {
      let stat = operations[index].reply?.stat
      operations[index].reply?.stat?.czxid = swapped(stat?.czxid)
      operations[index].reply?.stat?.mzxid = swapped(stat?.mzxid)
      guard !operations[index].call.isWrite else { continue }
      // A read between both saw the first and not the second.
      guard operations[index].zxid == low else { continue }
      operations[index].zxid = path(of: index) == path(of: first) ? high : low - 1
    }
    operations[first].zxid = high
    operations[second].zxid = low
  }

  private func path(of operation: Int) -> String? {
    guard case .request(let request) = operations[operation].call else { return nil }
    return switch request {
    case .create(let path, _, _), .delete(let path, _), .setData(let path, _, _),
      .check(let path, _), .exists(let path), .getData(let path):
      path
    case .multi, .closeSession: nil
    }
  }
}
