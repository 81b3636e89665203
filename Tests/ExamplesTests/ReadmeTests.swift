import Foundation
import Testing

/// What README.md shows is what the package holds and prints.
@Suite struct ReadmeTests {
  private let readme: MarkdownFile
  private let example = BuiltProgram.packageFolder.appending(path: "Examples/PingPong")

  init() throws { readme = try MarkdownFile("README.md") }

  @Test func firstProgramIsPingPong() throws {
    let source = try String(contentsOf: example.appending(path: "main.swift"), encoding: .utf8)

    #expect(readme.blocks(of: "swift").first == source)
  }

  @Test func firstProgramIsShort() throws {
    let program = try #require(readme.blocks(of: "swift").first)

    #expect(program.split(separator: "\n").count <= 15)
  }

  @Test func itsOutputIsShown() throws {
    let golden = try String(contentsOf: example.appending(path: "golden.txt"), encoding: .utf8)

    #expect(readme.blocks(of: "text").contains(golden))
  }

  @Test func filesItShowsAreThePackages() throws {
    for file in ["llama-on-jetsons.yaml", "four-jetsons.yaml"] {
      let shown = try String(
        contentsOf: BuiltProgram.packageFolder.appending(path: "Examples/\(file)"), encoding: .utf8)

      #expect(readme.blocks(of: "yaml").contains(shown))
    }
  }

  @Test func linksLeadSomewhere() throws {
    for document in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
      for link in try MarkdownFile(document).text.matches(of: /\]\(([^):]+)\)/) {
        let parts = link.1.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let target = parts[0].isEmpty ? document : String(parts[0])
        let path = BuiltProgram.packageFolder.appending(path: target).path

        #expect(FileManager.default.fileExists(atPath: path), "\(document) links to \(link.1)")
        if parts.count > 1 {
          #expect(try MarkdownFile(target).anchors.contains(String(parts[1])), "\(document) links to \(link.1)")
        }
      }
    }
  }
}
