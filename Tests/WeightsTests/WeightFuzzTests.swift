import TestSupport
import Testing
import Weights

/// Weight files of any content: values or one line, never a crash, and no memory for what is only announced.
struct WeightFuzzTests {
  @Test("Heads and elements changed at some places", arguments: 0..<2)
  func changed(file: Int) throws {
    let (name, whole) = DamagedFileTests.files[file]
    let folder = try TemporaryFolder()
    for seed in Mutations.rounds(1500) {
      var mutator = ByteMutator(seed: seed)
      let path = try folder.write(mutator.mutated(whole), to: name)
      do {
        let weights = try openWeights(at: path)
        for entry in weights.entries { _ = try? weights.floats(entry.name) }
      } catch {
        #expect(error.description.hasPrefix(path) && !error.problem.contains("\n"), "seed \(seed): \(error)")
      }
    }
  }

  @Test("The JSON of a safetensors head changed at some places")
  func heads() throws {
    let head = try DocumentTree(
      json: """
        {"__metadata__": {"format": "pt"}, "norm": {"dtype": "F32", "shape": [8], "data_offsets": [0, 32]},
         "up": {"dtype": "BF16", "shape": [2, 4, 3], "data_offsets": [32, 80]}}
        """)
    let folder = try TemporaryFolder()
    for seed in Mutations.rounds(1500) {
      var mutator = DocumentMutator(seed: seed)
      let json = Array(mutator.mutated(head).json.utf8)
      let file = bytes(of: UInt64(json.count)) + json + Array(repeating: 7, count: 80)
      let path = try folder.write(file, to: "w.safetensors")
      do {
        let weights = try openWeights(at: path)
        for entry in weights.entries { _ = try? weights.floats(entry.name) }
      } catch {
        #expect(!error.problem.contains("\n") && error.problem.count < 2000, "seed \(seed): \(error)")
      }
    }
  }

  @Test("Arrays that are larger than any model's are passed over, and what announces more than there is is refused")
  func arrays() throws {
    let folder = try TemporaryFolder()
    let count = 9_000_000
    var metadata = bytes(of: UInt32(0x4655_4747)) + bytes(of: UInt32(3)) + bytes(of: UInt64(0)) + bytes(of: UInt64(2))
    metadata += bytes(of: UInt64(4)) + Array("long".utf8) + bytes(of: UInt32(9)) + bytes(of: UInt32(0))
    metadata += bytes(of: UInt64(count)) + Array(repeating: 1, count: count)
    metadata += bytes(of: UInt64(3)) + Array("end".utf8) + bytes(of: UInt32(4)) + bytes(of: UInt32(7))
    let file = try GGUFFile(path: folder.write(metadata, to: "w.gguf"))
    #expect(file.metadata["long"] == .omitted(count: count))
    #expect(file.metadata["end"]?.integer == 7)
  }

  @Test("A file that is cut off after it was opened gives an error")
  func cutOffMeanwhile() throws {
    for (name, whole) in DamagedFileTests.files {
      let folder = try TemporaryFolder()
      let path = try folder.write(whole, to: name)
      let weights = try openWeights(at: path)
      let before = try weights.floats("norm")
      #expect(before.count == 8)
      try folder.truncate(name, to: whole.count / 2)
      var problems: [String] = []
      for entry in weights.entries {
        do throws(WeightError) {
          var values = [Float](repeating: 0, count: entry.shape.reduce(1, *))
          var failure: WeightError?
          values.withUnsafeMutableBytes { bytes in
            do throws(WeightError) { try weights.read(entry.name, .whole, as: .float32, into: bytes) } catch {
              failure = error
            }
          }
          if let failure { throw failure }
        } catch { problems.append(error.problem) }
      }
      #expect(problems.contains { $0.contains("it was cut off meanwhile") }, "\(name): \(problems)")
    }
  }
}
