import Documents
import Foundation
import Inputs

/// The folder of the cases that come with the program, and of what was computed from them.
public struct PublishedFolder: Sendable {
  /// Where it is.
  public let path: String

  /// A folder.
  public init(path: String) { self.path = path }

  /// The folder `Published` of the source tree, or of an installation.
  public static let shipped: PublishedFolder? = ShippedFiles.path(of: "Published") { path in
    let folder = PublishedFolder(path: path)
    return FileManager.default.fileExists(atPath: folder.residualsPath) || !folder.caseFiles.isEmpty
  }.map(PublishedFolder.init)

  /// The folder of the cases of served models, which are many.
  public var serving: PublishedFolder { PublishedFolder(path: "\(path)/serving") }

  /// The files of cases, in the order of their names.
  public var caseFiles: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }.sorted().map { "\(path)/\($0)" }
  }

  /// Residuals of the shipped cases, by kind of hardware and of quantity.
  public var residualsPath: String { "\(path)/residuals.json" }

  /// The residuals; `nil` where there are none yet.
  ///
  /// - Throws: ``LedgerError`` for a file that holds none.
  public func residuals() throws(LedgerError) -> ResidualTable? {
    guard FileManager.default.fileExists(atPath: residualsPath) else { return nil }
    return try ResidualTable(contentsOf: residualsPath)
  }

  /// The mean accuracies below which no category may fall.
  public var floorsPath: String { "\(path)/floors.json" }
}
