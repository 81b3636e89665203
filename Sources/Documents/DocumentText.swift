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

  /// Texts that are read in place of files, by path: those that a run was made from, when it is made again.
  @TaskLocal package static var kept: [String: String] = [:]

  /// - Throws: when the file cannot be read, is too large, or is not UTF-8.
  package init(contentsOf path: String) throws(DocumentError) {
    self.path = path
    if let text = Self.kept[path] { self.text = text } else { text = try Self.read(path) }
  }

  package init(path: String, text: String) {
    self.path = path
    self.text = text
  }

  private static func read(_ path: String) throws(DocumentError) -> String {
    let data: Data
    do throws(InputFileError) {
      data = try InputFile.contents(of: path, atMost: longest).withoutByteOrderMark
    } catch {
      throw DocumentError(.file(path, line: nil), field: "", "cannot be read: \(error.reason)", isUnreadable: true)
    }
    if let text = String(validating: data, as: UTF8.self) { return text }
    let repaired = String(decoding: data, as: UTF8.self)
    let line = repaired.prefix { $0 != "\u{FFFD}" }.utf8.count { $0 == UInt8(ascii: "\n") } + 1
    throw DocumentError(.file(path, line: line), field: "", "not YAML: the text is not UTF-8")
  }
}
