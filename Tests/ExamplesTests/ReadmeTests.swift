import Foundation
import Testing

/// What README.md shows is what the package holds and prints.
@Suite struct ReadmeTests {
  private let readme: MarkdownFile
  private let example = BuiltProgram.packageFolder.appending(path: "Examples/PingPong")

  init() throws { readme = try MarkdownFile("README.md") }

  @Test("first program is ping-pong")
  func firstProgramIsPingPong() throws {
    let source = try String(contentsOf: example.appending(path: "main.swift"), encoding: .utf8)

    #expect(readme.blocks(of: "swift").first == source)
  }

  @Test("first program is short")
  func firstProgramIsShort() throws {
    let program = try #require(readme.blocks(of: "swift").first)

    #expect(program.split(separator: "\n").count <= 15)
  }

  @Test("its output is shown")
  func itsOutputIsShown() throws {
    let golden = try String(contentsOf: example.appending(path: "golden.txt"), encoding: .utf8)

    #expect(readme.blocks(of: "text").contains(golden))
  }

  @Test("files it shows are the package's")
  func filesItShowsAreThePackages() throws {
    for file in ["llama-on-jetsons.yaml", "four-jetsons.yaml"] {
      let shown = try String(
        contentsOf: BuiltProgram.packageFolder.appending(path: "Examples/\(file)"), encoding: .utf8)

      #expect(readme.blocks(of: "yaml").contains(shown))
    }
  }

  @Test("links lead somewhere")
  func linksLeadSomewhere() throws {
    for document in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
      for link in try MarkdownFile(document).text.matches(of: /\]\(([^):#]*)(?:#([^):]+))?\)/) {
        // A link without a file leads to a heading of the same one.
        let path = link.1.isEmpty ? document : String(link.1)
        let target = BuiltProgram.packageFolder.appending(path: path)

        #expect(FileManager.default.fileExists(atPath: target.path), "\(document) links to \(path)")
        if let heading = link.2, path.hasSuffix(".md") {
          #expect(try MarkdownFile(path).headings.contains(String(heading)), "\(document) links to \(path)#\(heading)")
        }
      }
    }
  }
}
