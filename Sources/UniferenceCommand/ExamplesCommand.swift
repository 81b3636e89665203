import ArgumentParser
import Foundation
import Inputs
import Reports
import Results

/// `uniference examples`.
struct ExamplesCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "examples",
    abstract: "List the scenarios, clusters and scripts that come with the tool, or copy them into a folder.")

  @Option(help: ArgumentHelp("Copy all of them into this folder, which must not be there yet.", valueName: "folder"))
  var to: String?

  @OptionGroup var tables: TableOptions

  func perform() async throws {
    guard let shipped = ShippedFiles.path(of: "Examples") else {
      throw CommandFailure("the examples are not here; install uniference again", CommandFailure.unavailable)
    }
    let examples = try Examples(folder: shipped)
    guard let to else { return try StandardOutput.print(examples.table.rendered(tables.format), terminator: "") }
    try examples.copy(to: to)
    try StandardOutput.print("Begin with: uniference simulate \(to)/llama-on-jetsons.yaml".printableLine)
  }
}

/// Scenarios, clusters and scripts of the folder `Examples`.
struct Examples {
  /// A file, and what its first line says of it.
  struct File: Hashable {
    /// Its path in the folder.
    let name: String
    /// The first comment; empty where it does not begin with one.
    let summary: String
  }

  let folder: String
  let files: [File]

  /// - Throws: where the folder cannot be read.
  init(folder: String) throws {
    self.folder = folder
    files = try ["", "pytorch/"].flatMap { place in
      try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(place)").sorted()
        .filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".py") }
        .map { File(name: place + $0, summary: Self.summary(of: "\(folder)/\(place)\($0)")) }
    }
  }

  /// One line for each.
  var table: TextTable {
    var table = TextTable(columns: [.init("example"), .init("what it is", wrapsTo: 40)])
    for file in files { table.append([file.name, file.summary]) }
    return table
  }

  /// Copies the whole folder.
  ///
  /// - Throws: where something is there already, or cannot be written.
  func copy(to target: String) throws {
    guard !FileManager.default.fileExists(atPath: target) else {
      throw CommandFailure("\(target) is there already; choose another folder", CommandFailure.inputOutput)
    }
    do { try FileManager.default.copyItem(atPath: folder, toPath: target) } catch {
      try? FileManager.default.removeItem(atPath: target)
      throw CommandFailure("\(target) cannot be written: \(error.localizedDescription)", CommandFailure.inputOutput)
    }
  }

  /// The first line of a YAML file that is a comment, or of a script's documentation.
  private static func summary(of path: String) -> String {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return "" }
    let first = text.prefix { $0 != "\n" }
    if first.hasPrefix("# ") { return String(first.dropFirst(2)) }
    if first.hasPrefix("\"\"\"") { return first.replacingOccurrences(of: "\"\"\"", with: "") }
    return ""
  }
}
