/// A device timeline as a page draws it: short stretches that follow one another merged, so that it stays small.
struct TimelineCells: Encodable {
  /// One device's cells, as columns. Times are whole numbers of ``unit_s``.
  struct Row: Encodable {
    private(set) var device: String
    private(set) var start: [Int] = []
    private(set) var length: [Int] = []
    /// The shares of computing, waiting and network in whole percent: c + 101 (w + 101 n). What remains is other.
    private(set) var mix: [Int] = []
    /// Of the longest stretch, an index in ``labels``.
    private(set) var label: [Int] = []

    init(device: String) { self.device = device }

    fileprivate mutating func append(_ cell: Cell, unit: Double) {
      let first = Int((Double(cell.start) / unit).rounded())
      start.append(first)
      length.append(max(1, Int((Double(cell.end) / unit).rounded()) - first))
      let percents = cell.times.map { Int((100 * Double($0) / Double(max(1, cell.end - cell.start))).rounded()) }
      mix.append(percents[0] + 101 * (percents[1] + 101 * percents[2]))
      label.append(Int(cell.label))
    }
  }

  /// Stretches that are drawn as one.
  fileprivate struct Cell {
    let start: Int64
    var end: Int64
    /// Time of each activity.
    var times: [Int64]
    var label: Int32
    private var longest: Int64

    init(_ stretch: DeviceTimeline.Stretch) {
      start = stretch.start
      end = stretch.end
      times = DeviceTimeline.Activity.allCases.map { $0 == stretch.activity ? stretch.end - stretch.start : 0 }
      label = stretch.label
      longest = stretch.end - stretch.start
    }

    mutating func merge(_ stretch: DeviceTimeline.Stretch) {
      let length = stretch.end - stretch.start
      end = stretch.end
      times[stretch.activity.rawValue] += length
      if length > longest { (longest, label) = (length, stretch.label) }
    }
  }

  let unit_s: Double
  /// Stretches that lie together within this time are one cell; 0 where nothing was merged.
  let merged_s: Double
  let rows: [Row]
  /// How many devices there are; ``rows`` has the first ones.
  let devices: Int

  /// Ticks of the whole run.
  private static let resolution = 1e7

  /// - Parameters:
  ///   - rowLimit: how many devices are drawn.
  ///   - cellLimit: how many cells there are at most in all of them.
  init(_ timeline: DeviceTimeline, devices names: [String], rowLimit: Int = 64, cellLimit: Int = 60_000) {
    let shown = Array(timeline.stretches.prefix(rowLimit))
    var width: Int64 = 0
    while Self.count(shown, width) > max(cellLimit, shown.count) {
      width = width == 0 ? max(1, timeline.end >> 20) : 2 * width
    }
    let unit = max(1, Double(timeline.end) / Self.resolution)
    unit_s = unit / 1e12
    merged_s = Double(width) / 1e12
    devices = names.count
    rows = shown.enumerated().map { rank, stretches in
      var row = Row(device: names[rank])
      Self.forEachCell(stretches, width) { row.append($0, unit: unit) }
      return row
    }
  }

  private static func count(_ rows: [[DeviceTimeline.Stretch]], _ width: Int64) -> Int {
    guard width > 0 else { return rows.reduce(0) { $0 + $1.count } }
    return rows.reduce(0) { sum, stretches in
      var (count, start) = (0, Int64.min / 2)
      for stretch in stretches where stretch.end - start > width {
        count += 1
        start = stretch.start
      }
      return sum + count
    }
  }

  private static func forEachCell(
    _ stretches: [DeviceTimeline.Stretch], _ width: Int64, _ body: (Cell) -> Void
  ) {
    var cell: Cell?
    for stretch in stretches {
      if let current = cell, width > 0, stretch.end - current.start <= width, stretch.start == current.end {
        cell?.merge(stretch)
      } else {
        if let cell { body(cell) }
        cell = Cell(stretch)
      }
    }
    if let cell { body(cell) }
  }
}
