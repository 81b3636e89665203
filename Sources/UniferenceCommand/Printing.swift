import Foundation
import Inputs
import Results

/// One JSON object for standard output: keys in alphabetical order, the same text for the same value.
func jsonText(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return printableJSON(String(decoding: try encoder.encode(value), as: UTF8.self))
}

/// JSON whose texts have what a terminal would obey as escapes of JSON. The encoder escapes some of it, and nothing of it
/// stands outside of texts but line breaks.
func printableJSON(_ text: String) -> String {
  guard text.printableLines != text else { return text }
  return text.unicodeScalars.reduce(into: "") { escaped, scalar in
    let isObeyed = scalar != "\n" && String(scalar).printable.unicodeScalars.count > 1
    if isObeyed {
      let digits = String(scalar.value, radix: 16)
      escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    } else {
      escaped.unicodeScalars.append(scalar)
    }
  }
}

/// A line on standard error about what may surprise, which ends nothing.
func warn(_ message: String) { StandardError.say("uniference: warning: \(message.printableLines)") }

/// A whole number in groups of three digits: `8 030 261 248`.
func grouped(_ number: Int) -> String {
  var text = ""
  for (position, digit) in String(number).reversed().enumerated() {
    if position > 0, position % 3 == 0, digit != "-" { text.append(" ") }
    text.append(digit)
  }
  return String(text.reversed())
}
