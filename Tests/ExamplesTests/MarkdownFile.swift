import Foundation

/// A document of this package, for the code in it.
struct MarkdownFile {
  let text: String

  /// - Parameter path: from the package's folder.
  init(_ path: String) throws {
    text = try String(contentsOf: BuiltProgram.packageFolder.appending(path: path), encoding: .utf8)
  }

  /// What links to its headings end in: a heading's words in lower case, joined by hyphens.
  var anchors: [String] {
    text.split(separator: "\n").filter { $0.hasPrefix("#") }.map { line in
      line.drop { $0 == "#" || $0 == " " }.lowercased().filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
        .replacing(" ", with: "-")
    }
  }

  /// What stands in the fenced blocks of a language, in order.
  func blocks(of language: String) -> [String] {
    let sections = text.components(separatedBy: "\n```")
    return sections.filter { $0.hasPrefix("\(language)\n") }.map { "\($0.dropFirst(language.count + 1))\n" }
  }
}
