import Reports
import Uniference

/// The column that says on which devices strategies run, where that was a choice among unequal ones.
struct PlacementNames {
  private let cells: [String]?

  /// - Parameter placements: of each prediction, the devices of its parts, and how many placements were tried.
  init(_ placements: [(parts: [String], tried: Int)]) {
    guard placements.contains(where: { $0.tried > 1 }) else {
      cells = nil
      return
    }
    cells = placements.map { $0.parts.abbreviated(to: 4) }
  }

  /// No column where there was no choice.
  var column: [TextTable.Column] { cells == nil ? [] : [.init("runs on")] }

  /// The cell of a prediction's row.
  func cell(_ row: Int) -> [String] { cells.map { [$0[row]] } ?? [] }
}
