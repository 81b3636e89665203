import ArgumentParser
import Foundation
import Models
import Reports
import Results
import Tokenization

/// `uniference tokenize`.
struct TokenizeCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Show the tokens that a model makes of a text.",
    discussion: """
      Special tokens that the text spells out, such as <|im_start|>, become their ids; nothing is put around the text \
      unless --special is given.
      """)

  @Argument(help: ArgumentHelp("A GGUF file, a tokenizer.json, or a model's folder.", valueName: "model"))
  var path: String

  @Argument(help: ArgumentHelp("The text; standard input unless given.", valueName: "text"))
  var text: String?

  @Flag(help: "Put around the text what the model expects around every text.")
  var special = false

  @Flag(help: "Read texts from standard input, each a JSON string on a line of its own, and print JSON for each.")
  var lines = false

  @OptionGroup var tables: TableOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if lines && text != nil { throw ValidationError("--lines reads standard input; give it no text as well.") }
  }

  func perform() async throws {
    let tokenizer = try Tokenizers.read(contentsOf: path)
    if lines { return try printLines(tokenizer) }
    let text = try text ?? standardInput()
    let tokens = tokenizer.encode(text, addingSpecialTokens: special)
    if json {
      try StandardOutput.print(try jsonText(TokenizedText(tokens: tokens, text: tokenizer.decode(tokens))))
    } else {
      try StandardOutput.print(tokenTable(tokens, tokenizer, tables.format), terminator: "")
    }
  }

  private func standardInput() throws -> String {
    let data = FileHandle.standardInput.readDataToEndOfFile()
    guard let text = String(data: data, encoding: .utf8) else {
      throw CommandFailure("standard input is not UTF-8; give a text", CommandFailure.badInput)
    }
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  private func printLines(_ tokenizer: any Tokenizer) throws {
    let decoder = JSONDecoder()
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var number = 0
    while let line = readLine() {
      number += 1
      guard let text = try? decoder.decode(String.self, from: Data(line.utf8)) else {
        throw CommandFailure("standard input, line \(number): each line must be a JSON string", CommandFailure.badInput)
      }
      let tokens = tokenizer.encode(text, addingSpecialTokens: special)
      let data = try encoder.encode(TokenizedText(tokens: tokens, text: tokenizer.decode(tokens)))
      try StandardOutput.print(printableJSON(String(decoding: data, as: UTF8.self)))
    }
  }
}

/// What `uniference tokenize --json` prints: the ids, and the text that they decode to.
struct TokenizedText: Encodable {
  let tokens: [Int]
  let text: String
}

/// One line for each token, and their number.
func tokenTable(_ tokens: [Int], _ tokenizer: any Tokenizer, _ format: TableFormat = TableFormat()) -> String {
  var table = TextTable(columns: [.init("token", .right), .init("text")])
  for token in tokens {
    let text = tokenizer.decode([token])
    table.append(["\(token)", text.isEmpty ? "(special)" : text.debugDescription])
  }
  return table.rendered(format)
    + "\(tokens.count) token\(tokens.count == 1 ? "" : "s") of \(tokenizer.vocabularySize)\n"
}
