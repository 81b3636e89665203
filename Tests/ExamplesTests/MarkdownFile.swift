import Foundation

/// A document of this package, for the code in it.
struct MarkdownFile {
  let text: String

  /// - Parameter path: from the package's folder.
  init(_ path: String) throws {
    text = try String(contentsOf: BuiltProgram.packageFolder.appending(path: path), encoding: .utf8)
  }

  /// The anchors of its headings, as GitHub makes them.
  var headings: Set<String> {
    let lines = text.split(separator: "\n").filter { $0.hasPrefix("#") }
    return Set(
      lines.map { line in
        let title = line.drop { $0 == "#" || $0 == " " }.lowercased()
        return String(title.filter { $0.isLetter || $0.isNumber || "- _".contains($0) }.map { $0 == " " ? "-" : $0 })
      })
  }

  /// What stands in the fenced blocks of a language, in order.
  func blocks(of language: String) -> [String] {
    let sections = text.components(separatedBy: "\n```")
    return sections.filter { $0.hasPrefix("\(language)\n") }.map { "\($0.dropFirst(language.count + 1))\n" }
  }
}
