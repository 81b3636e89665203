import Foundation
import Inputs
import Results

/// The files that pages are made of, which come with the program.
enum PageResource {
  static func text(_ name: String) throws(FileError) -> String {
    String(decoding: try data(name), as: UTF8.self)
  }

  static func data(_ name: String) throws(FileError) -> Data {
    guard let folder else {
      throw FileError(
        operation: "read", path: "Uniference_Reports.resources/Page/\(name)",
        reason: "it is not beside the program; install Uniference whole")
    }
    let path = "\(folder)/\(name)"
    do { return try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
      throw FileError(error, operation: "read", path: path)
    }
  }

  private static let folder = ShippedFiles.resources("Page", of: "Reports")
}
