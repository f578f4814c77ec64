import LinnaeusBase
import Testing

@testable import OperationHistory

@Suite("The table of values")
struct ValueTableTests {
  @Test("Values come back as they went in, and equal ones have one number")
  func interning() {
    var random = SeededRandom(seed: 3)
    var table = ValueTable()
    var numbers: [Value: ValueID] = [:]
    for _ in 0..<Int(5_000 * effort) {
      let value = randomValue(&random, depth: 3, symbols: true)
      let id = table.intern(value)
      #expect(table[id] == value)
      #expect(numbers[value] == nil || numbers[value] == id)
      numbers[value] = id
    }
    #expect(Set(numbers.values).count == numbers.count)
    #expect(!table.isFull)
  }

  @Test("Integers keep all their bits, and only large ones take room")
  func integers() {
    var table = ValueTable()
    let before = table.count
    let edge = Int64(1) << 30
    for value in [0, 1, -1, edge - 1, -edge] {
      let id = table.intern(integer: value)
      #expect(table[id] == .integer(value) && table.integer(id) == value)
    }
    #expect(table.count == before)
    for value in [edge, -edge - 1, .max, .min] {
      let id = table.intern(integer: value)
      #expect(table[id] == .integer(value) && table.integer(id) == value)
    }
    #expect(table.count == before + 4)
  }

  @Test("Constants have the same numbers in every table")
  func constants() {
    var table = ValueTable()
    #expect(table.intern(.null) == .null)
    #expect(table.intern(.boolean(false)) == .false)
    #expect(table.intern(.boolean(true)) == .true)
    #expect(table.intern(.string("")) == .emptyString)
    #expect(table[.absent] == .null)
    #expect(table.string(.emptyString).map(Array.init) == [])
    #expect(table.string(.absent) == nil && table.list(.absent) == nil)
    #expect(table.integer(.absent) == nil)
  }

  @Test("Kinds are told apart")
  func kinds() {
    var table = ValueTable()
    let values: [Value] = [
      .string("a"), .symbol("a"), .bytes([97]), .list([]), .map([]), .decimal(0), .decimal(-0.0),
      .list([.null, .null]), .map([.init(.null, .null)]),
    ]
    let numbers = values.map { table.intern($0) }
    #expect(Set(numbers).count == values.count)
    #expect(table.symbol(numbers[1]).map(Array.init) == [97])
    #expect(table.list(numbers[7]).map(Array.init) == [.null, .null])
    #expect(table.map(numbers[8]).map(Array.init) == [.null, .null])
  }

  @Test("A full table names what does not fit `absent`, says so, and still finds the rest")
  func full() {
    var table = ValueTable(limit: (entries: 10, text: 8, parts: 3))
    let first = table.intern(.string("12345678"))
    #expect(table.intern(.string("9")) == .absent)
    #expect(table.isFull)
    #expect(table.intern(.string("12345678")) == first)
    let pair = table.intern(.list([.integer(1), .integer(2)]))
    #expect(table.intern(.list([.integer(2), .integer(1)])) == .absent)
    #expect(table.intern(.list([.integer(1), .integer(2)])) == pair)
    for value in 0..<10 { _ = table.intern(.decimal(Double(value))) }
    #expect(table.count == 10)
    #expect(table.intern(.integer(5)) == ValueID(smallInteger: 5))
  }
}
