import Documents
import Foundation

/// The folder of the cases that come with the program, and of what was computed from them.
public struct PublishedFolder: Sendable {
  /// Where it is.
  public let path: String

  /// A folder.
  public init(path: String) { self.path = path }

  /// The folder `Published` of the source tree that this program was built in, or of the prefix that it was installed in:
  /// `share/uniference/Published`. It is looked for beside the executable and above it, as the folder `python` is.
  public static let shipped: PublishedFolder? = {
    let files = FileManager.default
    guard let executable = Bundle.main.executableURL?.resolvingSymlinksInPath() else { return nil }
    var folder = executable.deletingLastPathComponent()
    while folder.path != "/" {
      for candidate in ["Published", "share/uniference/Published"] {
        let found = PublishedFolder(path: folder.appendingPathComponent(candidate).path)
        if files.fileExists(atPath: found.residualsPath) || !found.caseFiles.isEmpty { return found }
      }
      folder.deleteLastPathComponent()
    }
    return nil
  }()

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
