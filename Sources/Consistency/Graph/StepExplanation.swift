import OperationHistory

/// Why one operation of a history comes before another: a sentence, and where in the file that stands.
public struct StepExplanation: Hashable, Sendable {
  /// What comes first, what after it, and the kind of reason.
  public var step: Cycle.Step
  /// The operation whose line shows it: an index into the history's operations.
  public var operation: Int32
  /// What of that line: the name of a field of the reply or of its Stat, `time`, `line`, `session`,
  /// `found` for whether there was a znode, or `answer` where no single field tells.
  public var field: String
  /// The reason in words, which name both operations.
  public var sentence: String
}

extension ConsistencyReport {
  /// What an operation is: its call, session, server, zxid and times.
  public func words(for request: Int32) -> String {
    Wording(columns: columns, zxids: zxids).operation(request)
  }

  /// Explains the steps of a cycle.
  ///
  /// - Complexity: O(n) in the number of requests for a step of a sync, else O(log n).
  public func explain(_ cycle: Cycle) -> [StepExplanation] {
    let explainer = StepExplainer(report: self)
    return cycle.steps.map(explainer.explain)
  }
}

/// Reads from replies why one operation comes before another.
private struct StepExplainer {
  let report: ConsistencyReport
  private let words: Wording
  private var columns: ZooKeeperHistory { report.columns }

  init(report: ConsistencyReport) {
    self.report = report
    words = Wording(columns: report.columns, zxids: report.zxids)
  }

  func explain(_ step: Cycle.Step) -> StepExplanation {
    switch step.kind {
    case .writeWrite: change(step)
    case .writeRead: sight(step)
    case .readWrite: miss(step)
    case .process: session(step)
    case .realTime, .realTimeOfReads: realTime(step)
    case .zxid, .zxidOfReads: zxid(step)
    case .sync: sync(step)
    case .watch: watch(step)
    case .expiry: expiry(step)
    case .handshake: handshake(step)
    }
  }

  // MARK: Words

  /// `setData /a (op 17)`.
  private func name(_ request: Int32) -> String {
    "\(words.call(request)) (op \(columns.history.operations[Int(request)].id))"
  }

  private func zxid(_ request: Int32) -> Int64 {
    let own = report.zxids[Int(request)]
    return own == RecordedStat.unknown ? columns.zxids[Int(request)] : own
  }

  private func hexadecimal(_ request: Int32) -> String { words.hexadecimal(zxid(request)) }

  private func because(
    _ step: Cycle.Step, _ operation: Int32, _ field: String, _ sentence: String
  ) -> StepExplanation {
    StepExplanation(step: step, operation: operation, field: field, sentence: sentence)
  }

  // MARK: Orders

  private func session(_ step: Cycle.Step) -> StepExplanation {
    because(
      step, step.to, "session",
      "\(name(step.from)) was called before \(name(step.to)) in \(words.session(of: step.to)).")
  }

  private func realTime(_ step: Cycle.Step) -> StepExplanation {
    let first = columns.history.operations[Int(step.from)]
    let second = columns.history.operations[Int(step.to)]
    guard first.completionTime != .min, second.invocationTime != .min else {
      return because(
        step, step.from, "line",
        "\(name(step.from)) was answered in line \(first.completionLine), before \(name(step.to))"
          + " was called in line \(second.invocationLine).")
    }
    return because(
      step, step.from, "time",
      "\(name(step.from)) was answered at \(words.seconds(first.completionTime)) s, before"
        + " \(name(step.to)) was called at \(words.seconds(second.invocationTime)) s.")
  }

  private func zxid(_ step: Cycle.Step) -> StepExplanation {
    func place(_ request: Int32) -> String {
      columns.kinds[Int(request)].isWrite
        ? "is transaction \(hexadecimal(request))"
        : "was answered from the state at \(hexadecimal(request))"
    }
    let (shownBy, field) = source(of: step.to)
    var sentence = "\(name(step.from)) \(place(step.from)), and \(name(step.to))"
    let isSeen = columns.kinds[Int(step.from)].isWrite && !columns.kinds[Int(step.to)].isWrite
    sentence += " \(place(step.to)), which \(isSeen ? "has it" : "comes after it")"
    for lost in [step.from, step.to] where source(of: lost).shownBy != lost {
      sentence += "; \(name(source(of: lost).shownBy)) shows that of op"
      sentence += " \(columns.history.operations[Int(lost)].id)"
    }
    return because(step, shownBy, field, sentence + ".")
  }

  /// Where the zxid of a request stands: in its own reply, or in a later Stat.
  private func source(of request: Int32) -> (shownBy: Int32, field: String) {
    guard columns.history.operations[Int(request)].outcome != .ok,
      let pin = report.pins.first(where: { $0.request == request })
    else { return (request, "zxid") }
    let isData = columns.parts(of: Int(pin.shownBy)).contains {
      columns.stat(of: $0).mzxid == pin.zxid
    }
    return (pin.shownBy, isData ? "mzxid" : "czxid")
  }

  private func sync(_ step: Cycle.Step) -> StepExplanation {
    guard step.label >= 0 else { return realTime(step) }
    let call = columns.history.operations[Int(step.label)].invocation
    var told: Int32 = -1
    for request in columns.kinds.indices
    where columns.history.operations[request].completion < call
      && columns.history.operations[request].outcome == .ok
      && columns.zxids[request] > (told < 0 ? RecordedStat.unknown : columns.zxids[Int(told)])
    {
      told = Int32(request)
    }
    let known =
      told == step.from || told < 0
      ? "was answered" : "(\(hexadecimal(step.from))) was known to \(name(told))"
    return because(
      step, step.label, "sync",
      "\(name(step.from)) \(known) before \(name(step.label)) was called, after which its session"
        + " called \(name(step.to)).")
  }

  private func expiry(_ step: Cycle.Step) -> StepExplanation {
    because(
      step, step.to, "session",
      "\(name(step.from)) is of \(words.session(of: step.to)), and all that a session does comes"
        + " before its end, \(name(step.to)).")
  }

  private func watch(_ step: Cycle.Step) -> StepExplanation {
    guard step.label >= 0 else { return realTime(step) }
    return because(
      step, step.label, "watch",
      "\(name(step.from)) was answered before the watch that \(name(step.label)) had set told"
        + " \(words.session(of: step.from)) of \(name(step.to)).")
  }

  private func handshake(_ step: Cycle.Step) -> StepExplanation {
    because(
      step, step.to, "lastZxidSeen",
      "\(words.session(of: step.to)) had told the server that it had seen what comes after"
        + " \(name(step.from)) (\(hexadecimal(step.from))), before it called \(name(step.to)).")
  }

  // MARK: Objects

  private func change(_ step: Cycle.Step) -> StepExplanation {
    let path = words.path(step.label)
    guard zxid(step.from) < zxid(step.to) else {
      return because(
        step, step.from, "answer",
        "\(name(step.from)) was answered as if \(name(step.to)) had not been done yet.")
    }
    let (shownBy, field) = source(of: step.to)
    return because(
      step, shownBy, field,
      "\(name(step.from)) changed \(path) as transaction \(hexadecimal(step.from)), and"
        + " \(name(step.to)) did next, as \(hexadecimal(step.to)).")
  }

  /// What a read saw of a write.
  private func sight(_ step: Cycle.Step) -> StepExplanation {
    let own = zxid(step.from)
    for meeting in meetings(write: step.from, read: step.to) {
      let path = words.path(meeting.path)
      let stat = columns.stat(of: meeting.read)
      let fields = [("mzxid", stat.mzxid), ("czxid", stat.czxid), ("pzxid", stat.pzxid)]
      if let field = fields.first(where: { $0.1 == own })?.0 {
        return because(
          step, step.to, field,
          "\(name(step.to)) was told of \(field) \(words.hexadecimal(own)) of \(path), which is"
            + " \(name(step.from)).")
      }
      let value = columns.values[meeting.read]
      if columns.partKinds[meeting.read] == .getData, !meeting.isOfChild, value != .absent,
        columns.values[meeting.write] == value, columns.partKinds[meeting.write] != .delete
      {
        return because(
          step, step.to, "value",
          "\(name(step.to)) read \(words.value(value)) at \(path), which \(name(step.from)) wrote.")
      }
      guard meeting.isExistence else { continue }
      if own > zxid(step.to), !meeting.isOfChild {
        return because(
          step, step.to, "found",
          "\(name(step.to)) found \(path), which only \(name(step.from)) creates.")
      }
      let what =
        meeting.isOfChild
        ? "saw the children of \(path)"
        : "\(columns.partErrors[meeting.read] == .noNode ? "did not find" : "found") \(path)"
      return because(
        step, step.to, "zxid",
        "\(name(step.to)) \(what) at \(hexadecimal(step.to)), as \(name(step.from)) left it.")
    }
    return because(
      step, step.to, "answer",
      "\(name(step.to)) was answered at \(hexadecimal(step.to)) with what was there from"
        + " \(name(step.from)) on.")
  }

  /// What a read did not see of a write.
  private func miss(_ step: Cycle.Step) -> StepExplanation {
    let next = zxid(step.to)
    for meeting in meetings(write: step.to, read: step.from) {
      let path = words.path(meeting.path)
      let stat = columns.stat(of: meeting.read)
      let wrote = columns.stat(of: meeting.write)
      let seen = meeting.isOfChild ? stat.pzxid : stat.mzxid
      if seen != RecordedStat.unknown, seen < next, columns.partKinds[meeting.write] != .setACL {
        let field = meeting.isOfChild ? "pzxid" : "mzxid"
        let isByVersion =
          !meeting.isOfChild && stat.version != RecordedStat.unknownCount
          && wrote.version != RecordedStat.unknownCount && wrote.version > stat.version
        let sentence =
          isByVersion
          ? "read \(path) at version \(stat.version) (\(field) \(words.hexadecimal(seen))), and"
            + " \(name(step.to)) wrote version \(wrote.version)."
          : "was told of \(field) \(words.hexadecimal(seen)) of \(path), which \(name(step.to))"
            + " changed later (\(words.hexadecimal(next)))."
        return because(step, step.from, field, "\(name(step.from)) \(sentence)")
      }
      guard zxid(step.from) < next else { return loss(step, meeting, path) }
      let isFound = columns.partErrors[meeting.read] == .none
      if meeting.isExistence || stat.version != RecordedStat.unknownCount {
        let what =
          meeting.isOfChild
          ? "saw the children of \(path)" : "\(isFound ? "found" : "did not find") \(path)"
        return because(
          step, step.from, "zxid",
          "\(name(step.from)) \(what) at \(hexadecimal(step.from)), before \(name(step.to)) changed"
            + " it at \(hexadecimal(step.to)).")
      }
      let value = columns.values[meeting.read]
      if columns.partKinds[meeting.read] == .getData, value != .absent,
        value != columns.values[meeting.write]
      {
        return because(
          step, step.from, "value",
          "\(name(step.from)) read \(words.value(value)) at \(path), and \(name(step.to)) wrote"
            + " \(words.value(columns.values[meeting.write])).")
      }
    }
    let isEnd = columns.kinds[Int(step.to)] == .closeSession && step.label >= 0
    return because(
      step, step.from, isEnd ? "found" : "answer",
      "\(name(step.from)) \(isEnd ? "found \(words.path(step.label))" : "was answered"), as if"
        + " \(name(step.to)) had not been done yet.")
  }

  /// What a read did not see of a write that comes before it by its zxid.
  private func loss(
    _ step: Cycle.Step, _ meeting: Meeting, _ path: String
  ) -> StepExplanation {
    let (read, write) = (name(step.from), name(step.to))
    if columns.partKinds[meeting.read] == .getChildren, meeting.isOfChild {
      return because(
        step, step.from, "children",
        "\(read) saw children of \(path) as they are without \(write).")
    }
    let value = columns.values[meeting.read]
    if columns.partKinds[meeting.read] == .getData, value != .absent, !meeting.isOfChild {
      return because(
        step, step.from, "value",
        "\(read) read \(words.value(value)) at \(path), as if \(write) had not been done yet.")
    }
    let isFound = columns.partErrors[meeting.read] == .none
    return because(
      step, step.from, "found",
      "\(read) \(isFound ? "found" : "did not find") \(path), as if \(write) had not been done"
        + " yet.")
  }

  /// Where a part of a write changes what a part of a read sees.
  private struct Meeting {
    var write: Int
    var read: Int
    /// The path that was read.
    var path: Int32
    /// Whether the write creates or deletes a child of it.
    var isOfChild: Bool
    /// Whether the write creates or deletes something.
    var isExistence: Bool
  }

  private func meetings(write: Int32, read: Int32) -> [Meeting] {
    var meetings: [Meeting] = []
    for own in columns.parts(of: Int(write)) where columns.pathOf[own] >= 0 {
      let kind = columns.partKinds[own]
      guard kind.isWrite, kind != .check else { continue }
      let path = columns.pathOf[own]
      for other in columns.parts(of: Int(read)) where columns.pathOf[other] >= 0 {
        let seen = columns.pathOf[other]
        let isExistence = kind == .create || kind == .delete
        let seesChildren =
          columns.partKinds[other] == .getChildren || columns.stat(of: other).seesChildren
        let isOfChild = isExistence && seesChildren && columns.parents[Int(path)] == seen
        guard path == seen || isOfChild else { continue }
        meetings.append(
          Meeting(
            write: own, read: other, path: seen, isOfChild: isOfChild, isExistence: isExistence))
      }
    }
    return meetings
  }
}
