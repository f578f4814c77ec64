import LinnaeusBase
import Testing

@Test("The sequence of a seed is SplitMix64's, for ever")
func knownSequence() {
  var random = SeededRandom(seed: 1_234_567)
  #expect(random.next() == 6_457_827_717_110_365_317)
  #expect(random.next() == 3_203_168_211_198_807_973)
}

@Test("Bounded numbers stay below the bound and reach all of it")
func bounded() {
  var random = SeededRandom(seed: 7)
  var seen = Set<Int>()
  for _ in 0..<1_000 { seen.insert(random.below(10)) }
  #expect(seen == Set(0..<10))
}
