import Glibc

/// A picture of how durations are distributed: for each age, the share of all events that are older.
///
/// Both axes are logarithmic, so that one in ten thousand is seen as well as one in ten.
public struct DistributionChart: Sendable {
  /// One curve.
  public struct Series: Sendable {
    /// What the legend calls it.
    public var name: String
    /// How many events there are.
    public var count: Int
    /// The ages of those that have one, in nanoseconds, ascending.
    public var nanoseconds: [Int64]

    /// Makes a curve.
    public init(name: String, count: Int, nanoseconds: [Int64]) {
      self.name = name
      self.count = count
      self.nanoseconds = nanoseconds
    }
  }

  /// What stands above it.
  public var title: String
  /// What stands below that, smaller: how it was measured.
  public var subtitle: String
  /// What the events are: `reads`.
  public var events: String
  /// The curves, in the order of the legend.
  public var series: [Series]

  /// Makes a chart.
  public init(title: String, subtitle: String, events: String, series: [Series]) {
    self.title = title
    self.subtitle = subtitle
    self.events = events
    self.series = series
  }

  // The plot within the picture, in pixels.
  private static let (left, right, top, bottom) = (110.0, 680.0, 90.0, 370.0)
  private static let colours = ["#c0392b", "#2874a6", "#1e8449", "#b9770e", "#6c3483"]
  /// From a tenth of a millisecond, in powers of ten of a millisecond.
  private static let firstDecade = -1

  /// Down to one of all, in powers of ten: to one in a million at most.
  private var shares: Int {
    let count = series.map(\.count).max() ?? 0
    var power = 2
    while pow(10, Double(power)) < Double(count), power < 6 { power += 1 }
    return power
  }

  /// The ages that the axis reaches, in powers of ten of a millisecond.
  private var lastDecade: Int {
    let oldest = series.compactMap(\.nanoseconds.last).max() ?? 0
    var decade = 1
    while pow(10, Double(decade)) < Double(oldest) / 1e6, decade < 7 { decade += 1 }
    return decade
  }

  private func x(_ nanoseconds: Int64) -> Double {
    let first = Double(Self.firstDecade)
    let place = (log10(max(Double(nanoseconds) / 1e6, 1e-9)) - first)
    return Self.left
      + (Self.right - Self.left) * min(max(place / (Double(lastDecade) - first), 0), 1)
  }

  private func y(_ share: Double) -> Double {
    let place = -log10(max(share, 1e-9)) / Double(shares)
    return Self.top + (Self.bottom - Self.top) * min(max(place, 0), 1)
  }

  /// The picture as SVG.
  public func svg() -> String {
    let height = Int(Self.bottom) + 65 + 20 * series.count
    var svg = """
      <svg xmlns="http://www.w3.org/2000/svg" width="720" height="\(height)" \
      viewBox="0 0 720 \(height)" font-family="sans-serif" font-size="12" fill="#222">
      <title>\(escaped(title))</title>
      <rect width="100%" height="100%" fill="#fff"/>
      <text x="20" y="28" font-size="15">\(escaped(title))</text>
      <text x="20" y="48">\(escaped(subtitle))</text>

      """
    svg += axes()
    for (index, series) in series.enumerated() {
      let colour = Self.colours[index % Self.colours.count]
      svg += curve(series, colour)
      svg += legend(series, colour, at: Self.bottom + 60 + 20 * Double(index))
    }
    return svg + "</svg>\n"
  }

  private func axes() -> String {
    var svg = "<g stroke=\"#ddd\">\n"
    var labels = ""
    for decade in Self.firstDecade...lastDecade {
      let nanoseconds = Int64(pow(10, Double(decade + 6)).rounded())
      let x = number(x(nanoseconds))
      svg += line(x, number(Self.top), x, number(Self.bottom))
      labels += text(label(nanoseconds), x, number(Self.bottom + 18), anchor: "middle")
    }
    for power in 0...shares {
      let y = self.y(pow(10, -Double(power)))
      svg += line(number(Self.left), number(y), number(Self.right), number(y))
      let share = power == 0 ? "all" : "1 in \(grouped(Int(pow(10, Double(power)).rounded())))"
      labels += text(share, number(Self.left - 8), number(y + 4), anchor: "end")
    }
    let middle = number((Self.left + Self.right) / 2)
    labels += text("older than", middle, number(Self.bottom + 38), anchor: "middle")
    labels += text("share of \(events)", "20", number(Self.top - 14), anchor: "start")
    return svg + "</g>\n" + labels
  }

  /// Steps down at each age; of many, those that a pixel cannot tell apart are left out.
  private func curve(_ series: Series, _ colour: String) -> String {
    guard series.count > 0, !series.nanoseconds.isEmpty else { return "" }
    func share(_ older: Int) -> Double { Double(older) / Double(series.count) }
    var older = series.nanoseconds.count
    var lastX = Self.left
    var path = "M\(number(lastX)) \(number(y(share(older))))"
    for age in series.nanoseconds {
      older -= 1
      let x = x(age)
      guard x - lastX >= 0.5 || older == 0 else { continue }
      lastX = x
      path += "H\(number(x))V\(number(older == 0 ? Self.bottom : y(share(older))))"
    }
    return "<path d=\"\(path)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\"/>\n"
  }

  private func legend(_ series: Series, _ colour: String, at y: Double) -> String {
    var words = series.name + ": "
    if let oldest = series.nanoseconds.last {
      words += "\(grouped(series.nanoseconds.count)) of \(grouped(series.count)) \(events)"
      words += " stale, the oldest by \(wording(seconds: Double(oldest) / 1e9))"
    } else {
      words += "none of \(grouped(series.count)) \(events) stale"
    }
    let x = number(Self.left)
    return
      "<rect x=\"\(x)\" y=\"\(number(y - 9))\" width=\"20\" height=\"4\" fill=\"\(colour)\"/>\n"
      + text(words, number(Self.left + 28), number(y - 3), anchor: "start")
  }

  // MARK: Elements

  private func line(_ x1: String, _ y1: String, _ x2: String, _ y2: String) -> String {
    "<line x1=\"\(x1)\" y1=\"\(y1)\" x2=\"\(x2)\" y2=\"\(y2)\"/>\n"
  }

  private func text(_ words: String, _ x: String, _ y: String, anchor: String) -> String {
    "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor)\">\(escaped(words))</text>\n"
  }

  private func label(_ nanoseconds: Int64) -> String {
    nanoseconds >= 1_000_000_000
      ? "\(nanoseconds / 1_000_000_000) s"
      : nanoseconds >= 1_000_000 ? "\(nanoseconds / 1_000_000) ms" : "0.1 ms"
  }

  private func number(_ value: Double) -> String { fixed(value, decimals: 1) }

  private func escaped(_ text: String) -> String {
    text.reduce(into: "") { escaped, letter in
      switch letter {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      default: escaped.append(letter)
      }
    }
  }
}
