import Foundation

/// Where programs are found by their names.
public enum SearchPath {
  /// The path of a program: the name itself where it is a path, else the first one in the folders of `PATH`.
  ///
  /// - Returns: `nil` where there is none that can be executed.
  public static func find(
    _ program: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String? {
    let files = FileManager.default
    if program.contains("/") { return files.isExecutableFile(atPath: program) ? program : nil }
    return (environment["PATH"] ?? "").split(separator: ":").lazy.map { "\($0)/\(program)" }
      .first { files.isExecutableFile(atPath: $0) }
  }
}
