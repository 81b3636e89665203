import Foundation
import Inputs

/// A file's contents as they were when it was read.
public struct DocumentText: Hashable, Sendable {
  /// The file as the user or another file named it.
  public let path: String
  /// All of it.
  public let text: String

  /// More than a cluster of the most devices takes.
  private static let longest = 64 << 20

  /// - Throws: when the file cannot be read, is too large, or is not UTF-8.
  package init(contentsOf path: String) throws(DocumentError) {
    let data: Data
    do throws(InputFileError) {
      data = try InputFile.contents(of: path, atMost: Self.longest).withoutByteOrderMark
    } catch {
      throw DocumentError(.file(path, line: nil), field: "", "cannot be read: \(error.reason)", isUnreadable: true)
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      let repaired = String(decoding: data, as: UTF8.self)
      let line = repaired.prefix { $0 != "\u{FFFD}" }.utf8.count { $0 == UInt8(ascii: "\n") } + 1
      throw DocumentError(.file(path, line: line), field: "", "not YAML: the text is not UTF-8")
    }
    self.path = path
    self.text = text
  }

  package init(path: String, text: String) {
    self.path = path
    self.text = text
  }
}
