import ArgumentParser
import Foundation
import Results
import Uniference

/// `uniference new`.
struct NewCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Begin a Swift program of your own: a package that builds, runs in simulation and under torchrun.")

  @Argument(help: ArgumentHelp("The program's name and that of its folder.", valueName: "name"))
  var name: String

  @Option(
    help: ArgumentHelp(
      "Where Uniference's sources are; the checkout that this tool was built in unless given.",
      valueName: "folder"))
  var uniference: String?

  func perform() async throws {
    let template = try ProgramTemplate(name: name, checkout: try checkout())
    let folder = URL(fileURLWithPath: name)
    guard !FileManager.default.fileExists(atPath: folder.path) else {
      throw CommandFailure("\(name) exists already; choose another name or remove it", CommandFailure.badInput)
    }
    for (path, text) in template.files {
      let file = folder.appendingPathComponent(path)
      do {
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: true, encoding: .utf8)
      } catch {
        throw CommandFailure(
          "\(file.path) cannot be written: \(error.localizedDescription)", CommandFailure.inputOutput)
      }
    }
    try StandardOutput.print(
      "\(name) is ready. \(name)/README.md says how to build it, simulate it and run it for real.")
  }

  private func checkout() throws -> String {
    if let uniference {
      let folder = URL(fileURLWithPath: uniference).standardizedFileURL
      guard isCheckout(folder) else {
        throw CommandFailure("\(uniference) has no Package.swift of Uniference", CommandFailure.badInput)
      }
      return folder.path
    }
    let own = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    var folder = own.resolvingSymlinksInPath().deletingLastPathComponent()
    while folder.path != "/" {
      if isCheckout(folder) { return folder.path }
      folder = folder.deletingLastPathComponent()
    }
    throw CommandFailure(
      "Uniference's sources are not above \(own.path); say where they are by --uniference FOLDER",
      CommandFailure.badInput)
  }

  private func isCheckout(_ folder: URL) -> Bool {
    let package = folder.appendingPathComponent("Package.swift")
    return (try? String(contentsOf: package, encoding: .utf8))?.contains("name: \"Uniference\"") ?? false
  }
}
