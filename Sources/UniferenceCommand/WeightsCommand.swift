import ArgumentParser
import Foundation
import Quantities
import Reports
import Results
import Weights

/// `uniference weights`.
struct WeightsCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "weights",
    abstract: "List the tensors of a GGUF or safetensors file, or write one of them as float32.")

  @Argument(
    help: ArgumentHelp("A .gguf, .safetensors or .safetensors.index.json file, or a model's folder.", valueName: "file")
  )
  var path: String

  @Option(help: ArgumentHelp("Write this tensor, dequantised; needs --npy.", valueName: "name"))
  var tensor: String?

  @Option(
    help: ArgumentHelp(
      "Where the tensor goes, one row for each vector along its last axis, for numpy.load.", valueName: "name.npy"))
  var npy: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if (tensor == nil) != (npy == nil) { throw ValidationError("--tensor and --npy go together.") }
  }

  func perform() async throws {
    let file = try openWeights(at: path)
    if let tensor, let npy { return try write(tensor, of: file, to: npy) }
    try StandardOutput.print(
      json ? try jsonText(WeightListing(file.entries)) + "\n" : weightTable(file.entries), terminator: "")
  }

  private func write(_ name: String, of file: any WeightFile, to target: String) throws {
    let shape = try file.entry(named: name).shape
    let (count, columns) = (shape.reduce(1, *), max(1, shape.last ?? 1))
    var values = [Float](repeating: 0, count: count)
    try values.withUnsafeMutableBytes { try file.read(name, .whole, as: .float32, into: $0) }
    let rows = stride(from: 0, to: count, by: columns).map { Array(values[$0..<$0 + columns]) }
    try NumPyFile(rows: rows).write(to: target)
  }
}

/// What `uniference weights --json` prints.
struct WeightListing: Encodable {
  struct Entry: Encodable {
    let name: String
    let shape: [Int]
    let stored_as: String
    let bytes: Int
  }

  let tensors: [Entry]

  init(_ entries: [WeightEntry]) {
    tensors = entries.map {
      Entry(name: $0.name, shape: $0.shape, stored_as: $0.encoding.description, bytes: $0.byteCount)
    }
  }
}

/// One line for each tensor, and the sum.
func weightTable(_ entries: [WeightEntry]) -> String {
  var table = TextTable(
    columns: [.init("tensor"), .init("shape", .right), .init("stored as"), .init("size", .right)])
  for entry in entries {
    let shape = entry.shape.map(String.init).joined(separator: " x ")
    table.append([entry.name, shape, entry.encoding.description, "\(DataSize(bytes: entry.byteCount))"])
  }
  let elements = entries.reduce(0) { $0 + $1.shape.reduce(1, *) }
  let bytes = entries.reduce(0) { $0 + $1.byteCount }
  return table.rendered() + "\(entries.count) tensors, \(grouped(elements)) elements, \(DataSize(bytes: bytes))\n"
}
