import SimulationKernel
import TestSupport
import Testing
import Weights

/// Files that were cut off, or in which bits have changed: reading them gives values or an error, never a crash.
struct DamagedFileTests {
  static let files: [(name: String, bytes: [UInt8])] = [
    ("w.gguf", gguf.file), ("w.safetensors", safetensors.file),
  ]

  private static let gguf = GGUFWriter(
    metadata: [
      ("general.architecture", .string("llama")), ("general.alignment", .uint32(32)), ("llama.rope", .float32(1e4)),
      ("tokenizer.tokens", .array(type: 8, [.string("a"), .string("bc"), .string("é")])),
      ("tokenizer.types", .array(type: 4, [.uint32(1), .uint32(3)])),
      ("nested", .array(type: 9, [.array(type: 7, [.bool(true)]), .array(type: 10, [.uint64(3)])])),
    ],
    samples: [
      StoredSample(name: "norm", shape: [8], type: "F32", bytes: bytes(of: [Float](repeating: 1, count: 8))),
      StoredSample(name: "up", shape: [2, 32], type: "Q4_1", bytes: Array(repeating: 0x35, count: 40)),
      StoredSample(name: "down", shape: [1, 256], type: "Q6_K", bytes: Array(repeating: 0x21, count: 210)),
      StoredSample(name: "table", shape: [3, 2], type: "F16", bytes: Array(repeating: 0x31, count: 12)),
    ])

  private static let safetensors = SafetensorsWriter(samples: [
    StoredSample(name: "norm", shape: [8], type: "F32", bytes: bytes(of: [Float](repeating: 1, count: 8))),
    StoredSample(name: "up", shape: [2, 4, 3], type: "BF16", bytes: Array(repeating: 0x35, count: 48)),
    StoredSample(name: "ids", shape: [4], type: "I64", bytes: Array(repeating: 0, count: 32)),
  ])

  /// Opens a file and reads all of every tensor, and a part.
  private func readAll(_ path: String) throws {
    let file = try openWeights(at: path)
    for entry in file.entries {
      let rows = entry.shape.first.map { $0 / 2..<$0 }
      _ = try? file.floats(entry.name, WeightPart(rows: rows))
      _ = try file.floats(entry.name)
    }
  }

  private func expectErrorOrValue(_ bytes: [UInt8], in folder: TemporaryFolder, as name: String, _ damage: String)
    throws
  {
    let path = try folder.write(bytes, to: name)
    do {
      try readAll(path)
    } catch let error as WeightError {
      #expect(error.description.hasPrefix(path) && !error.problem.contains("\n"), "\(damage)")
    }
  }

  @Test("Cut off at every length", arguments: 0..<2)
  func truncations(file: Int) throws {
    let (name, whole) = Self.files[file]
    let folder = try TemporaryFolder()
    for length in 0..<whole.count - 31 {
      let path = try folder.write(whole.prefix(length), to: name)
      #expect(throws: WeightError.self, "\(name) cut off at \(length)") { try readAll(path) }
    }
    // What is cut off of padding is not missed.
    for length in whole.count - 31..<whole.count {
      try expectErrorOrValue(Array(whole.prefix(length)), in: folder, as: name, "cut off at \(length)")
    }
  }

  @Test("Each bit flipped, one at a time", arguments: 0..<2)
  func singleFlips(file: Int) throws {
    let (name, whole) = Self.files[file]
    let folder = try TemporaryFolder()
    for bit in 0..<8 * whole.count {
      var bytes = whole
      bytes[bit / 8] ^= 1 << (bit % 8)
      try expectErrorOrValue(bytes, in: folder, as: name, "bit \(bit) of \(name) flipped")
    }
  }

  @Test("Many bits and bytes changed at once", arguments: 0..<2, [UInt64(1), 2])
  func seededDamage(file: Int, seed: UInt64) throws {
    let (name, whole) = Self.files[file]
    let folder = try TemporaryFolder()
    var random = RandomStream(seed: seed)
    for round in 0..<1500 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...12, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[place] = .random(in: .min ... .max, using: &random)
        default: bytes.replaceSubrange(place..<min(place + 8, bytes.count), with: repeatElement(0xff, count: 8))
        }
      }
      try expectErrorOrValue(bytes, in: folder, as: name, "round \(round) of seed \(seed), \(name)")
    }
  }
}
