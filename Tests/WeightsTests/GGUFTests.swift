import SimulationKernel
import TestSupport
import Testing
import Weights

/// GGUF files: metadata, plain tensors, and what is refused.
struct GGUFTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func gguf(_ writer: GGUFWriter) throws -> GGUFFile {
    try GGUFFile(path: folder.write(writer.file, to: "w.gguf"))
  }

  private func problem(_ bytes: [UInt8]) -> String? {
    do {
      _ = try GGUFFile(path: folder.write(bytes, to: "w.gguf"))
      return nil
    } catch {
      return (error as? WeightError)?.problem
    }
  }

  @Test("Metadata of every kind, in versions 2 and 3", arguments: [UInt32(2), 3])
  func metadata(version: UInt32) throws {
    let file = try gguf(
      GGUFWriter(
        version: version,
        metadata: [
          ("general.architecture", .string("llama")), ("a.count", .uint32(30)), ("a.theta", .float32(0.5)),
          ("a.flag", .bool(true)), ("a.large", .uint64(.max)),
          ("a.words", .array(type: 8, [.string("ä"), .string("")])), ("a.numbers", .array(type: 4, [.uint32(7)])),
        ], samples: []))
    #expect(file.metadata["general.architecture"]?.string == "llama")
    #expect(file.metadata["a.count"]?.integer == 30)
    #expect(file.metadata["a.count"]?.number == 30)
    #expect(file.metadata["a.theta"]?.number == 0.5)
    #expect(file.metadata["a.flag"]?.bool == true)
    #expect(file.metadata["a.large"]?.integer == .max)
    #expect(file.metadata["a.words"]?.strings == ["ä", ""])
    #expect(file.metadata["a.numbers"]?.integers == [7])
    #expect(file.metadata["a.words"]?.integers == nil)
    #expect(file.metadata["a.nothing"] == nil)
  }

  @Test("Float32, float16 and bfloat16 tensors, their shapes outermost axis first")
  func plainTensors() throws {
    let values: [Float] = [1, -2, 0.5, 0, 3.5, -0.25]
    let file = try gguf(
      GGUFWriter(samples: [
        StoredSample(name: "single", shape: [2, 3], type: "F32", bytes: bytes(of: values)),
        StoredSample(
          name: "half", shape: [2, 3], type: "F16",
          bytes: [0x3c00, 0xc000, 0x3800, 0, 0x4300, 0xb400].flatMap { bytes(of: UInt16($0)) }),
        StoredSample(
          name: "brain", shape: [6], type: "BF16", bytes: values.flatMap { bytes(of: UInt16($0.bitPattern >> 16)) }),
      ]))
    #expect(file.entries.map(\.name) == ["single", "half", "brain"])
    #expect(try file.entry(named: "half").shape == [2, 3])
    for name in ["single", "half", "brain"] { #expect(try file.floats(name) == values, "\(name)") }
    #expect(try file.floats("brain", WeightPart(rows: 1..<4)) == [-2, 0.5, 0])
    #expect(try file.floats("half", WeightPart(rows: 1..<2, columns: 1..<3)) == [3.5, -0.25])
    #expect(
      try file.bytes("single", as: .bfloat16, count: 6) == values.flatMap { bytes(of: UInt16($0.bitPattern >> 16)) })
  }

  @Test("Tensors are found at a file's own alignment")
  func alignment() throws {
    let samples = ["a", "b"].enumerated().map { index, name in
      StoredSample(name: name, shape: [3], type: "F32", bytes: bytes(of: [Float(index), 1, 2]))
    }
    let file = try gguf(
      GGUFWriter(metadata: [("general.alignment", .uint32(256))], samples: samples, alignment: 256))
    #expect(try file.floats("b") == [1, 1, 2])
  }

  @Test("What is no such file, or of an unknown version or type, is told with what is understood")
  func refusals() throws {
    let sample = StoredSample(name: "w", shape: [1, 256], type: "Q2_K", bytes: Array(repeating: 0, count: 84))
    #expect(problem(Array("GGML0000".utf8)) == "is no GGUF file: it does not begin with GGUF")
    #expect(
      problem(GGUFWriter(version: 1, samples: []).file) == "is of GGUF version 1; versions 2 and 3 are understood")
    #expect(problem(Array("GGUF".utf8) + [0, 0, 0, 3])?.contains("big-endian") == true)
    let unreadable = try gguf(GGUFWriter(samples: [sample]))
    #expect(unreadable.entries.map(\.encoding) == [.other("Q2_K")])
    #expect(unreadable.entries.map(\.byteCount) == [84])
    let error = try #require(throws: WeightError.self) { try unreadable.floats("w") }
    #expect(
      error.problem
        == "w is stored as Q2_K, which is not supported; float32, float16, bfloat16, float64, integers, Q4_0, Q4_1, Q5_0, "
        + "Q5_1, Q8_0, Q4_K, Q5_K, Q6_K are")
    let narrow = StoredSample(name: "w", shape: [2, 48], type: "Q4_0", bytes: Array(repeating: 0, count: 54))
    #expect(problem(GGUFWriter(samples: [narrow]).file) == "w has rows of 48 elements, Q4_0 needs a multiple of 32")
    let twice = [("k", GGUFWriter.Value.bool(true)), ("k", .bool(false))]
    #expect(problem(GGUFWriter(metadata: twice, samples: []).file) == "has the metadata key 'k' twice")
    let same = StoredSample(name: "w", shape: [1], type: "F32", bytes: bytes(of: [Float(1)]))
    #expect(problem(GGUFWriter(samples: [same, same]).file) == "has two tensors named 'w'")
  }

  @Test("A cut-off file is told with the tensor and the bytes")
  func cutOff() throws {
    let sample = StoredSample(name: "blk.0.w", shape: [64], type: "F32", bytes: Array(repeating: 0, count: 256))
    let whole = GGUFWriter(samples: [sample]).file
    #expect(
      problem(Array(whole.dropLast(100)))
        == "blk.0.w of 256 bytes at 0 reaches beyond the 156 bytes of tensors; the file is cut off or corrupt")
    #expect(
      problem(Array(whole.prefix(20)))
        == "the number of tensors is 1 at byte 8, more than the remaining 4 bytes can hold")
    #expect(
      problem(Array(whole.prefix(13)))
        == "ends too early: the number of tensors needs 8 bytes at byte 8, the file has 13")
    #expect(problem([]) == "ends too early: the magic number needs 4 bytes at byte 0, the file has 0")
  }
}
