import Foundation
import Results

/// One HTML file that needs no other: its data, its style, its program and the library that draws the charts.
public struct ReportPage: Sendable {
  /// What a page is about.
  public enum Subject: String, Sendable {
    case run, sweep
  }

  private let subject: Subject
  private let title: String
  private let data: String

  /// - Parameters:
  ///   - title: plain text.
  ///   - data: what the page's program shows, as JSON.
  public init(_ subject: Subject, title: String, data: some Encodable) throws {
    self.subject = subject
    self.title = title
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "infinity", negativeInfinity: "-infinity", nan: "nan")
    // A script element ends at the first "</script", wherever it stands.
    self.data = String(decoding: try encoder.encode(data), as: UTF8.self).replacing("<", with: "\\u003c")
  }

  /// The file's text.
  ///
  /// - Throws: ``FileError`` where the program's own files are not beside it.
  public func html() throws(FileError) -> String {
    let parts = [
      "title": title.escapedForHTML, "subject": subject.rawValue,
      "style": try PageResource.text("page.css"),
      "program": try PageResource.text("page.js"),
      "subject-program": try PageResource.text("\(subject.rawValue).js"),
      "library": try PageResource.data("echarts.min.js.gz").base64EncodedString(),
      "notice": try PageResource.text("NOTICE").escapedForHTML, "data": data,
    ]
    return try PageResource.text("page.html").replacing(/{{([a-z-]+)}}/) { match in parts[String(match.1)] ?? "" }
  }
}

extension String {
  fileprivate var escapedForHTML: String {
    replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
