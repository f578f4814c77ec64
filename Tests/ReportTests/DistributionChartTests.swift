import Report
import Testing

@Suite("Distribution charts")
struct DistributionChartTests {
  @Test("A curve falls from the share of all that have an age to nothing, and words are escaped")
  func curve() throws {
    let chart = DistributionChart(
      title: "a < b & c", subtitle: "measured", events: "reads",
      series: [
        .init(name: "plain", count: 1_000, nanoseconds: [1_000_000, 2_000_000, 90_000_000]),
        .init(name: "sync", count: 500, nanoseconds: []),
      ])
    let svg = chart.svg()
    #expect(svg.hasPrefix("<svg xmlns=") && svg.hasSuffix("</svg>\n"))
    #expect(svg.contains("a &lt; b &amp; c") && !svg.contains("a < b"))
    #expect(svg.contains("plain: 3 of 1,000 reads stale, the oldest by 90 ms"))
    #expect(svg.contains("sync: none of 500 reads stale"))
    // One path, which ends on the axis.
    let paths = svg.split(separator: "\n").filter { $0.hasPrefix("<path") }
    #expect(paths.count == 1)
    #expect(try #require(paths.first).contains("V370.0\""))
    for label in ["0.1 ms", "1 ms", "10 ms", "100 ms", "1 in 10", "1 in 1,000", "measured"] {
      #expect(svg.contains(">\(label)</text>"), "\(label)")
    }
    // Less than one of all is no share.
    #expect(!svg.contains("1 in 10,000"))
    #expect(chart.svg() == svg)
  }

  @Test("Nothing to draw, very much, and very old")
  func extremes() {
    #expect(
      !DistributionChart(title: "", subtitle: "", events: "x", series: []).svg()
        .contains("<path"))
    let many = DistributionChart(
      title: "", subtitle: "", events: "x",
      series: [
        .init(name: "", count: 200_000, nanoseconds: (0..<100_000).map { Int64($0) * 10_000 })
      ]
    )
    // Not more than the picture can show.
    #expect(many.svg().utf8.count < 60_000)
    let old = DistributionChart(
      title: "", subtitle: "", events: "x", series: [.init(name: "", count: 1, nanoseconds: [.max])]
    )
    #expect(old.svg().contains("M110.0 90.0H680.0V370.0"))
  }
}
