import Foundation
import Inputs

/// How far predictions lay from published measurements, by class.
///
/// A residual is |ln(measured / predicted)|: it is the same for a time and for the rate that is its inverse, and too long
/// by a factor counts as much as too short by it.
public struct ResidualTable: Codable, Hashable, Sendable {
  /// The residuals of one class.
  public struct Entry: Codable, Hashable, Sendable {
    /// Which class.
    public let of: PredictionClass
    /// In ascending order.
    public let residuals: [Double]
  }

  private static let currentFormat = "uniference residuals"
  private static let currentVersion = 1

  private let format: String
  private let version: Int
  /// The share of predictions that lie inside their intervals.
  public let level: Double
  /// The classes that have residuals, in a fixed order.
  public let classes: [Entry]

  /// The share that intervals are made for.
  public static let defaultLevel = 0.9

  /// A table of residuals.
  public init(_ residuals: [(PredictionClass, Double)], level: Double = defaultLevel) {
    format = Self.currentFormat
    version = Self.currentVersion
    self.level = level
    classes = Dictionary(grouping: residuals, by: \.0).map { Entry(of: $0.key, residuals: $0.value.map(\.1).sorted()) }
      .sorted { $0.of.description < $1.of.description }
  }

  /// The residual of a prediction.
  public static func residual(measured: Double, predicted: Double) -> Double { abs(log(measured / predicted)) }

  /// Reads a table.
  ///
  /// - Throws: ``LedgerError`` for what is none.
  public init(contentsOf path: String) throws(LedgerError) {
    let data: Data
    do throws(InputFileError) {
      data = try InputFile.contents(of: path, atMost: 16 << 20)
    } catch {
      throw LedgerError("\(path) cannot be read: \(error.reason)")
    }
    guard let table = try? JSONDecoder().decode(ResidualTable.self, from: data), table.format == Self.currentFormat,
      table.version == Self.currentVersion, table.level > 0, table.level < 1,
      table.classes.allSatisfy({ $0.residuals.allSatisfy { $0 >= 0 } })
    else {
      throw LedgerError("\(path) is no table of residuals; write it anew by: uniference validate published --update")
    }
    self = table
  }

  // MARK: Intervals

  /// The least number of residuals of which a quantile is taken: the largest of 9 is exceeded by the next one with a
  /// probability of 10%.
  var leastCount: Int { Int((level / (1 - level)).rounded()) }

  /// The interval in which the actual value lies at the table's level.
  ///
  /// Without enough residuals of the class itself, those of the same quantity on other hardware stand in, if anything at
  /// all has been measured on hardware of this kind.
  ///
  /// - Returns: `nil` where nothing of the kind has been measured.
  public func interval(around predicted: Double, of aClass: PredictionClass) -> PredictionInterval? {
    guard predicted > 0, predicted.isFinite, let (residuals, basis) = residuals(like: aClass) else { return nil }
    let factor = exp(quantile(of: residuals))
    return PredictionInterval(
      low: predicted / factor, high: predicted * factor, count: residuals.count, basis: basis)
  }

  /// The residual that the share ``level`` of further predictions does not exceed: the ceil((n + 1) level)-th of n
  /// (split conformal prediction: Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World", 2005).
  private func quantile(of residuals: [Double]) -> Double {
    let place = Int((Double(residuals.count + 1) * level - 1e-9).rounded(.up))
    return residuals.sorted()[min(place, residuals.count) - 1]
  }

  private func residuals(like aClass: PredictionClass) -> (residuals: [Double], basis: String)? {
    guard classes.contains(where: { $0.of.hardware == aClass.hardware }) else { return nil }
    let pools: [(basis: String, contains: (PredictionClass) -> Bool)] = [
      (aClass.description, { $0 == aClass }),
      (aClass.onAnyHardware, { $0.quantity == aClass.quantity && $0.devices == aClass.devices }),
      (aClass.quantity.rawValue, { $0.quantity == aClass.quantity }),
    ]
    for pool in pools {
      let residuals = classes.filter { pool.contains($0.of) }.flatMap(\.residuals)
      if residuals.count >= leastCount { return (residuals, pool.basis) }
    }
    return nil
  }

  /// Of all residuals in the table, how many lie inside the interval that is made without them.
  public var coverage: Coverage {
    var coverage = Coverage(inside: 0, count: 0)
    for entry in classes {
      for (index, residual) in entry.residuals.enumerated() {
        guard let interval = without(index, of: entry.of).interval(around: 1, of: entry.of) else { continue }
        coverage.count += 1
        if exp(residual) <= interval.high { coverage.inside += 1 }
      }
    }
    return coverage
  }

  private func without(_ index: Int, of aClass: PredictionClass) -> ResidualTable {
    ResidualTable(
      classes.flatMap { entry in
        entry.residuals.enumerated().filter { entry.of != aClass || $0.offset != index }.map { (entry.of, $0.element) }
      }, level: level)
  }

  /// How many left-out predictions lay inside their intervals.
  public struct Coverage: Codable, Hashable, Sendable {
    /// Those inside.
    public var inside: Int
    /// All that had an interval.
    public var count: Int

    /// The share of those inside; `nil` of none.
    public var share: Double? { count > 0 ? Double(inside) / Double(count) : nil }
  }
}

/// Where the actual value is expected.
public struct PredictionInterval: Codable, Hashable, Sendable {
  /// Its lower end.
  public let low: Double
  /// Its upper end.
  public let high: Double
  /// Of how many residuals it was made.
  public let count: Int
  /// What those were predictions of: `generation on several devices, datacentre GPU`.
  public let basis: String

  /// How far its upper end lies above the prediction, in terms of it: 0.08 of `±8%`.
  public var relative: Double { low > 0 ? (high / low).squareRoot() - 1 : .infinity }
}

/// What keeps a ledger from being made.
public struct LedgerError: Error, Hashable, Sendable, CustomStringConvertible, UserFacingError {
  /// One line: what is wrong, and what to do.
  public let description: String

  /// An error in words.
  public init(_ description: String) { self.description = description }
}
