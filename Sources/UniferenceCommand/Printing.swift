import Foundation
import Results

/// One JSON object for standard output: keys in alphabetical order, the same text for the same value.
func jsonText(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// A line on standard error about what may surprise, which ends nothing.
func warn(_ message: String) { StandardError.say("uniference: warning: \(message)") }

/// A whole number in groups of three digits: `8 030 261 248`.
func grouped(_ number: Int) -> String {
  var text = ""
  for (position, digit) in String(number).reversed().enumerated() {
    if position > 0, position % 3 == 0, digit != "-" { text.append(" ") }
    text.append(digit)
  }
  return String(text.reversed())
}
