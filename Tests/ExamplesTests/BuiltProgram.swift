import Foundation

/// A program of this package as `swift build` has made it.
struct BuiltProgram {
  let name: String

  /// The package's folder.
  static let packageFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Where products lie: beside the bundle of these tests.
  private static var productFolder: URL {
    Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL.deletingLastPathComponent()
      ?? Bundle.main.bundleURL
  }

  /// Runs the program to its end and returns what it printed, or what it complained of with its exit code.
  func output() throws -> String {
    let process = Process()
    process.executableURL = Self.productFolder.appending(path: name)
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let text = String(decoding: data, as: UTF8.self)
    return process.terminationStatus == 0 ? text : "\(text)exit code \(process.terminationStatus)\n"
  }
}
