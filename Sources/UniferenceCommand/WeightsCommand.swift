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

  @OptionGroup var tables: TableOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if (tensor == nil) != (npy == nil) { throw ValidationError("--tensor and --npy go together.") }
  }

  /// 16 GiB as float32.
  private static let mostElements = 1 << 32

  func perform() async throws {
    let file = try openWeights(at: path)
    if let tensor, let npy { return try write(tensor, of: file, to: npy) }
    try StandardOutput.print(
      json ? try jsonText(WeightListing(file.entries)) + "\n" : weightTable(file.entries, tables.format),
      terminator: "")
  }

  private func write(_ name: String, of file: any WeightFile, to target: String) throws {
    let entry = try file.entry(named: name)
    let (count, columns) = (entry.shape.reduce(1, *), max(1, entry.shape.last ?? 1))
    guard entry.encoding.isReadable else {
      throw CommandFailure(
        "\(path): \(name) is stored as \(entry.encoding), which is not supported; \(WeightEncoding.readable) are",
        CommandFailure.badInput)
    }
    guard count <= Self.mostElements else {
      throw CommandFailure(
        "\(path): \(name) has \(grouped(count)) elements; at most \(grouped(Self.mostElements)) are written",
        CommandFailure.badInput)
    }
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
    let readable: Bool
    let bytes: Int
  }

  let tensors: [Entry]

  init(_ entries: [WeightEntry]) {
    tensors = entries.map {
      Entry(
        name: $0.name, shape: $0.shape, stored_as: $0.encoding.description,
        readable: $0.encoding.isReadable, bytes: $0.byteCount)
    }
  }
}

/// One line for each tensor, and the sum.
func weightTable(_ entries: [WeightEntry], _ format: TableFormat = TableFormat()) -> String {
  var table = TextTable(
    columns: [.init("tensor"), .init("shape", .right), .init("stored as"), .init("size", .right)])
  for entry in entries {
    let shape = entry.shape.map(String.init).joined(separator: " x ")
    let encoding = entry.encoding.description + (entry.encoding.isReadable ? "" : " *")
    table.append([entry.name, shape, encoding, "\(DataSize(bytes: entry.byteCount))"])
  }
  let elements = entries.reduce(0.0) { $0 + Double($1.shape.reduce(1, *)) }
  let bytes = entries.reduce(0.0) { $0 + Double($1.byteCount) }
  let unreadable = Set(entries.map(\.encoding).filter { !$0.isReadable }.map(\.description)).sorted()
  let note =
    unreadable.isEmpty
    ? "" : "* \(unreadable.joined(separator: ", ")): cannot be computed with; \(WeightEncoding.readable) can\n"
  return table.rendered(format) + note
    + "\(entries.count) tensors, \(grouped(Int(min(elements, 1e18)))) elements, \(DataSize(bytes: Int(min(bytes, 1e18))))\n"
}
