import Foundation
import Inputs

/// The mean accuracies that the ledger says, below which no category may fall.
public struct AccuracyFloors: Codable, Hashable, Sendable {
  private static let currentFormat = "uniference accuracy floors"

  private let format: String
  /// Each category's mean over all its cases.
  public let all: [String: Double]
  /// The same without the slow ones.
  public let quick: [String: Double]

  /// What a ledger comes to.
  ///
  /// - Parameter slow: the ids of the slow cases.
  public init(_ ledger: PublishedLedger, slow: Set<String>) {
    format = Self.currentFormat
    all = Self.means(ledger.points)
    quick = Self.means(ledger.points.filter { !slow.contains($0.id) })
  }

  /// Reads a file of floors.
  ///
  /// - Throws: ``LedgerError`` for what is none.
  public init(contentsOf path: String) throws(LedgerError) {
    guard let data = InputFile.optionalContents(of: path, atMost: 1 << 20),
      let floors = try? JSONDecoder().decode(AccuracyFloors.self, from: data), floors.format == Self.currentFormat
    else {
      throw LedgerError("\(path) holds no floors; write it anew by: uniference validate published --update")
    }
    self = floors
  }

  /// Rounded down, so that floors say no more than was reached.
  private static func means(_ points: [LedgerPoint]) -> [String: Double] {
    Dictionary(grouping: points, by: \.category).mapValues { points in
      let mean = points.reduce(0) { $0 + $1.accuracy } / Double(points.count)
      return (mean * 1000).rounded(.down) / 1000
    }
  }

  /// A sentence for each category whose mean is lower than its floor.
  ///
  /// - Parameter isQuick: whether slow cases were left out.
  public func violations(by ledger: PublishedLedger, isQuick: Bool) -> [String] {
    ledger.categories.compactMap { category in
      guard let floor = (isQuick ? quick : all)[category.name], category.summary.mean < floor else { return nil }
      let mean = PublishedLedger.percent(category.summary.mean)
      return """
        \(category.name) has a mean accuracy of \(mean), less than the \(PublishedLedger.percent(floor)) that the ledger \
        says
        """
    }
  }
}
