import Foundation

/// A child process whose output is wanted as text.
struct CapturedCommand {
  private let words: [String]

  init(_ words: [String]) { self.words = words }

  /// Runs it to its end.
  ///
  /// - Returns: its standard output.
  /// - Throws: when it cannot be started or fails, with the last line that it wrote to standard error.
  func run() throws(ValidationFailure) -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: words[0])
    process.arguments = Array(words.dropFirst())
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    do { try process.run() } catch {
      throw ValidationFailure("cannot start '\(words[0])': \(error.localizedDescription)")
    }
    // Both pipes are emptied at the same time, so that neither fills up while the other is read.
    let complaints = CollectedBytes()
    let reader = Thread { complaints.fill(from: errors.fileHandleForReading) }
    reader.start()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let last = complaints.text.split(separator: "\n").last.map(String.init) ?? "it said nothing"
      throw ValidationFailure(
        "'\(words.joined(separator: " "))' failed with exit code \(process.terminationStatus): \(last)")
    }
    return text
  }
}
