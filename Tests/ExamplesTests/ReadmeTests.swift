import Foundation
import Testing

/// What README.md shows is what the package holds and prints.
@Suite struct ReadmeTests {
  private let readme: String
  private let example = BuiltProgram.packageFolder.appending(path: "Examples/PingPong")

  init() throws {
    readme = try String(contentsOf: BuiltProgram.packageFolder.appending(path: "README.md"), encoding: .utf8)
  }

  @Test func firstProgramIsPingPong() throws {
    let source = try String(contentsOf: example.appending(path: "main.swift"), encoding: .utf8)

    #expect(try block(after: "```swift\n") == source)
  }

  @Test func firstProgramIsShort() throws {
    let lines = try block(after: "```swift\n").split(separator: "\n")

    #expect(lines.count <= 15)
  }

  @Test func itsOutputIsShownBelow() throws {
    let golden = try String(contentsOf: example.appending(path: "golden.txt"), encoding: .utf8)
    let program = try #require(readme.range(of: "```swift\n"))

    #expect(try block(after: "```text\n", in: readme[program.upperBound...]) == golden)
  }

  private func block(after opening: String, in text: Substring? = nil) throws -> String {
    let text = text ?? readme[...]
    let start = try #require(text.range(of: opening)?.upperBound)
    let end = try #require(text[start...].range(of: "```")?.lowerBound)
    return String(text[start..<end])
  }
}
