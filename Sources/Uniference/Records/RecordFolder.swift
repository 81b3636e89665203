import Foundation

/// The folder in which records are kept unless the user names another place.
package enum RecordFolder {
  static let name = "runs"

  /// Makes the folder; `nil` where it cannot be made.
  ///
  /// - Parameter warning: is then told so.
  package static func prepare(warning: (String) -> Void) -> String? {
    do {
      try FileManager.default.createDirectory(atPath: name, withIntermediateDirectories: true)
      return name
    } catch {
      warning("no run record is kept, since the folder \(name) cannot be made here")
      return nil
    }
  }
}
