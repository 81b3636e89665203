import Foundation
import Results

/// The folder in which records are kept unless the user names another place.
package enum RecordFolder {
  static let name = "runs"

  /// Makes the folder; `nil` with a warning where it cannot be made.
  package static func prepare() -> String? {
    do {
      try FileManager.default.createDirectory(atPath: name, withIntermediateDirectories: true)
      return name
    } catch {
      StandardError.say("uniference: warning: no run record is kept, since the folder \(name) cannot be made here")
      return nil
    }
  }
}
