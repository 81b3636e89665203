import Foundation

/// SimPy, the discrete-event simulator in Python that many know, measured in the same run: processes in a ring hand each
/// other as many messages, without any network.
struct SimPyPeer {
  let python: String
  let script: String

  struct Result: Codable {
    let ranks: Int
    let messages: Int
    let wall_s: Double
    let simpy: String
    let python: String
  }

  func measure(ranks: Int, messages: Int) throws -> Result {
    let output = try outputOf(python, [script, "\(ranks)", "\(messages)"])
    return try JSONDecoder().decode(Result.self, from: output)
  }
}

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
