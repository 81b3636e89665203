import Quantities
import Results

/// Two runs side by side: a prediction and a real run, or two predictions.
///
/// A ratio is that of the second run to the first one. `accuracy` is 100% - |A - B| / B: how well the first run predicts
/// the second one.
public struct RunComparison: Encodable, Sendable {
  /// One figure of both runs.
  public struct Figure: Encodable, Sendable {
    /// What it is.
    public let name: String
    /// In the first run; `nil` when it is not there.
    public let a_s: Double?
    /// In the second run; `nil` when it is not there.
    public let b_s: Double?

    /// The second figure in terms of the first.
    public var ratio: Double? {
      guard let a_s, let b_s, a_s > 0 else { return nil }
      return b_s / a_s
    }

    /// How well the first figure predicts the second one, as a fraction.
    public var accuracy: Double? {
      guard let a_s, let b_s, b_s > 0 else { return nil }
      return 1 - abs(a_s - b_s) / b_s
    }

    private enum CodingKeys: String, CodingKey { case name, a_s, b_s, ratio, accuracy }

    /// Writes the figures with what follows from them.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
      try container.encode(a_s, forKey: .a_s)
      try container.encode(b_s, forKey: .b_s)
      try container.encode(ratio, forKey: .ratio)
      try container.encode(accuracy, forKey: .accuracy)
    }
  }

  /// What both runs did under one name, over all ranks.
  public struct Activity: Encodable, Sendable {
    /// `computation`, `collective` or `message`.
    public let kind: String
    /// How often in the first run.
    public let a_count: Int
    /// How often in the second run.
    public let b_count: Int
    /// How long in sum.
    public let time: Figure
  }

  /// The first run's record.
  public let a: String
  /// The second run's record.
  public let b: String
  /// The whole run, and the moments that programs marked.
  public let milestones: [Figure]
  /// How long each rank computed.
  public let computing: [Figure]
  /// What was done under each name, the longest in either run first.
  public let activities: [Activity]

  /// Reads and compares two records.
  ///
  /// - Throws: `RunRecordError` or `FileError` for what is no record.
  public init(_ a: RunRecord, _ b: RunRecord) throws {
    let (first, second) = (try RunSummary(a), try RunSummary(b))
    self.a = a.path
    self.b = b.path
    let markers = Self.joined(first.markers.map(\.name), second.markers.map(\.name))
    milestones =
      [Figure(name: "whole run", a_s: Self.seconds(first.end), b_s: Self.seconds(second.end))]
      + markers.map { name in
        Figure(
          name: name, a_s: first.markers.first { $0.name == name }.map { Self.seconds($0.time) },
          b_s: second.markers.first { $0.name == name }.map { Self.seconds($0.time) })
      }
    computing = (0..<max(first.ranks.count, second.ranks.count)).map { rank in
      let (own, other) = (first.ranks.dropFirst(rank).first, second.ranks.dropFirst(rank).first)
      return Figure(
        name: "rank \(rank)", a_s: own.map { Self.seconds($0.computingPicoseconds) },
        b_s: other.map { Self.seconds($0.computingPicoseconds) })
    }
    activities = Self.activities(first.activities, second.activities)
  }

  private static func activities(_ a: [RunSummary.Activity], _ b: [RunSummary.Activity]) -> [Activity] {
    struct Key: Hashable {
      let kind: EventKind
      let name: String
    }
    let first = Dictionary(a.map { (Key(kind: $0.kind, name: $0.name), $0) }, uniquingKeysWith: { own, _ in own })
    let second = Dictionary(b.map { (Key(kind: $0.kind, name: $0.name), $0) }, uniquingKeysWith: { own, _ in own })
    let keys = joined((a + b).map { Key(kind: $0.kind, name: $0.name) }, [])
    let longest = { (key: Key) in max(first[key]?.picoseconds ?? 0, second[key]?.picoseconds ?? 0) }
    return keys.enumerated().sorted { (longest($1.element), $0.offset) < (longest($0.element), $1.offset) }
      .map { _, key in
        Activity(
          kind: "\(key.kind)", a_count: first[key]?.count ?? 0, b_count: second[key]?.count ?? 0,
          time: Figure(
            name: key.name, a_s: first[key].map { seconds($0.picoseconds) },
            b_s: second[key].map { seconds($0.picoseconds) }))
      }
  }

  /// All elements of both, each once, in order.
  private static func joined<Element: Hashable>(_ first: [Element], _ second: [Element]) -> [Element] {
    var seen: Set<Element> = []
    return (first + second).filter { seen.insert($0).inserted }
  }

  private static func seconds(_ picoseconds: Int64) -> Double { Double(picoseconds) / 1e12 }
}

extension RunComparison {
  /// Tables for people: the run, its ranks, and what took longest.
  ///
  /// - Parameters:
  ///   - inputs: what to say first of the runs' inputs, with a newline at its end.
  ///   - activityLimit: how many activities are shown.
  public func text(inputs: String = "", activityLimit: Int = 15, format: TableFormat = TableFormat()) -> String {
    var run = TextTable(columns: [.init(""), .init("A", .right), .init("B", .right), .init("B / A", .right)])
    for figure in milestones { run.append(Self.cells(figure)) }
    for figure in computing { run.append(Self.cells(figure, prefix: "computing, ")) }
    var parts = TextTable(columns: [
      .init("in sum over ranks"), .init("times A", .right, leftOut: 1), .init("times B", .right, leftOut: 1),
      .init("A", .right),
      .init("B", .right), .init("B / A", .right),
    ])
    for activity in activities.prefix(activityLimit) {
      let cells = Self.cells(activity.time)
      parts.append([cells[0], "\(activity.a_count)", "\(activity.b_count)"] + cells[1...])
    }
    let rest = activities.count - activityLimit
    return """
      A: \(a)
      B: \(b)

      \(inputs.isEmpty ? "" : inputs + "\n")\(run.rendered(format))
      \(parts.rendered(format))\(rest > 0 ? "and \(rest) more; --json has them all\n" : "")
      \(verdict)
      """
  }

  private var verdict: String {
    guard let accuracy = milestones[0].accuracy else { return "Nothing happened in B, so there is nothing to predict." }
    guard accuracy > 0 else { return "As a prediction of B's time, A is off by more than all of it." }
    return "A predicts B's time with an accuracy of \(formatNumber(100 * accuracy, significantDigits: 4))%."
  }

  private static func cells(_ figure: Figure, prefix: String = "") -> [String] {
    let times = [figure.a_s, figure.b_s].map { $0.map { Duration.nearest(seconds: $0).shortDescription } ?? "-" }
    return [prefix + figure.name] + times + [figure.ratio.map { formatNumber($0, significantDigits: 4) } ?? "-"]
  }
}
