/// Reads values of JSON or EDN from bytes straight into a table.
struct ValueScanner {
  /// How deep lists and maps may be nested.
  static let deepest = 512

  var bytes: ByteScanner
  var values: ValueTable
  /// The elements of the lists and maps that are being read.
  var stack: [ValueID] = []
  /// The text of a string with escapes.
  var scratch: [UInt8] = []
  /// Whether a value may go on in the next line.
  var spansLines: Bool
  let base64: ValueID

  init(_ bytes: ByteScanner, spansLines: Bool) {
    self.bytes = bytes
    self.spansLines = spansLines
    values = ValueTable()
    base64 = values.intern(.string("base64"))
  }

  /// Refuses to go deeper than `deepest`.
  func checkDepth(_ depth: Int) throws(HistoryError) {
    if depth > Self.deepest {
      throw bytes.error(
        at: bytes.position, "lists and maps are nested more than \(Self.deepest) deep")
    }
  }

  /// Adds the bytes of a range of the input to `scratch`.
  mutating func appendToScratch(_ range: Range<Int>) {
    scratch.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes.bytes[range]))
  }

  /// The list or map of everything on the stack from `start`, which is taken off.
  mutating func popParts(from start: Int, _ kind: ValueTable.Kind) -> ValueID {
    let made = stack.withUnsafeBufferPointer { parts in
      values.intern(parts: UnsafeBufferPointer(rebasing: parts[start...]), kind)
    }
    stack.removeSubrange(start...)
    return made
  }
}

/// The names of one map's fields so far, to find one that comes twice.
struct FieldNames {
  private var large: Set<ValueID> = []

  /// Whether `name` is new among the fields on the stack from `start` on.
  mutating func insert(_ name: ValueID, after start: Int, of stack: [ValueID]) -> Bool {
    let count = (stack.count - start) / 2
    if count < 16 {
      var index = start
      while index < stack.count {
        if stack[index] == name { return false }
        index += 2
      }
      return true
    }
    if large.isEmpty {
      for index in stride(from: start, to: stack.count, by: 2) { large.insert(stack[index]) }
    }
    return large.insert(name).inserted
  }
}
