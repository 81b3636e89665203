import Foundation

/// Runs a program to its end and returns what it printed.
func outputOf(_ program: String, _ arguments: [String]) throws -> Data {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: program)
  process.arguments = arguments
  let output = Pipe()
  process.standardOutput = output
  try process.run()
  let data = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else {
    throw ProgramFailure(program: ([program] + arguments).joined(separator: " "), status: process.terminationStatus)
  }
  return data
}

/// A program that ended with an error, which it has printed itself.
struct ProgramFailure: Error, CustomStringConvertible {
  let program: String
  let status: Int32

  var description: String { "\(program) ended with exit code \(status)" }
}
