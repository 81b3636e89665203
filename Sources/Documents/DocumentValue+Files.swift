import Foundation

extension DocumentValue {
  /// The path that this value holds: relative to the folder of the file in which it stands, or to the current folder
  /// when it was given on the command line.
  package func referencedPath(_ expected: String = "the path of a file") throws(DocumentError) -> String {
    let path = try name(expected)
    guard case .file(let file, _) = origin, !path.hasPrefix("/") else { return path }
    let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    return folder.isEmpty ? (file.hasPrefix("/") ? "/\(path)" : path) : "\(folder)/\(path)"
  }

  /// The file whose path this value holds.
  /// - Throws: at this value, when the file cannot be read.
  package func referencedFile() throws(DocumentError) -> DocumentText {
    let path = try referencedPath()
    do throws(DocumentError) {
      return try DocumentText(contentsOf: path)
    } catch {
      guard error.isUnreadable else { throw error }
      throw DocumentError(origin, field: field, "\(path) \(error.message)", isUnreadable: true)
    }
  }
}
