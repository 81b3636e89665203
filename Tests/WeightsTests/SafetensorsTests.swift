import Foundation
import Quantities
import SimulationKernel
import TestSupport
import Testing
import Weights

/// Safetensors files, single and sharded.
struct SafetensorsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func sample(_ name: String, _ shape: [Int], first: Float = 0) -> StoredSample {
    let values = (0..<shape.reduce(1, *)).map { first + Float($0) }
    return StoredSample(name: name, shape: shape, type: "F32", bytes: bytes(of: values))
  }

  private func problem(_ bytes: [UInt8]) throws -> String? {
    let path = try folder.write(bytes, to: "w.safetensors")
    do {
      _ = try SafetensorsFile(path: path)
      return nil
    } catch { return error.problem }
  }

  private func problem(head: String, elements: Int) throws -> String? {
    try problem(SafetensorsWriter.file(head: head, elements: Array(repeating: 0, count: elements)))
  }

  @Test("Rows, columns and both of tensors of one to three axes")
  func parts() throws {
    let samples = [Self.sample("vector", [5]), Self.sample("matrix", [4, 6]), Self.sample("cube", [3, 2, 4])]
    let file = try openWeights(at: folder.write(SafetensorsWriter(samples: samples).file, to: "w.safetensors"))
    #expect(file.entries.map(\.name) == ["vector", "matrix", "cube"])
    #expect(try file.floats("vector", WeightPart(rows: 1..<3)) == [1, 2])
    #expect(try file.floats("matrix", WeightPart(rows: 2..<3)) == [12, 13, 14, 15, 16, 17])
    #expect(try file.floats("matrix", WeightPart(columns: 4..<6)) == [4, 5, 10, 11, 16, 17, 22, 23])
    #expect(try file.floats("matrix", WeightPart(rows: 1..<3, columns: 0..<2)) == [6, 7, 12, 13])
    #expect(try file.floats("cube", WeightPart(rows: 1..<2)) == [8, 9, 10, 11, 12, 13, 14, 15])
    #expect(try file.floats("cube", WeightPart(rows: 1..<2, columns: 3..<4)) == [11, 15])
    #expect(try file.floats("matrix", WeightPart(rows: 2..<2)) == [])
  }

  @Test("A part that does not lie within the tensor is refused, and so is a conversion that loses its meaning")
  func refusedReads() throws {
    var integers = Self.sample("ids", [2])
    integers.type = "I32"
    let samples = [Self.sample("w", [4, 6]), integers]
    let path = try folder.write(SafetensorsWriter(samples: samples).file, to: "w.safetensors")
    let file = try SafetensorsFile(path: path)
    func problem(_ name: String, _ part: WeightPart, _ type: ElementType, _ count: Int) -> String? {
      var bytes = [UInt8](repeating: 0, count: count)
      do {
        try bytes.withUnsafeMutableBytes { try file.read(name, part, as: type, into: $0) }
        return nil
      } catch { return (error as? WeightError)?.problem }
    }
    #expect(
      problem("w", WeightPart(rows: 2..<5), .float32, 72) == "w: entries 2..<5 do not lie within axis 0 of [4, 6]")
    #expect(
      problem("w", WeightPart(columns: 5..<7), .float32, 32) == "w: entries 5..<7 do not lie within axis 1 of [4, 6]")
    #expect(problem("w", .whole, .float32, 95) == "w: a part of 96 bytes was to be written to 95 bytes")
    #expect(
      problem("w", .whole, .int32, 96)?.hasPrefix("w: stored as float32, which cannot be converted to int32") == true)
    #expect(problem("ids", .whole, .float32, 8)?.hasPrefix("ids: stored as int32") == true)
    #expect(problem("ids", .whole, .int32, 8) == nil)
    #expect(problem("idx", .whole, .float32, 8) == "has no tensor 'idx' (did you mean 'ids'?) among its 2")
  }

  @Test("A sharded model reads like a single file")
  func sharded() throws {
    try folder.write(SafetensorsWriter(samples: [Self.sample("a", [2, 3])]).file, to: "m-1.safetensors")
    try folder.write(SafetensorsWriter(samples: [Self.sample("b", [4], first: 9)]).file, to: "m-2.safetensors")
    let index = #"{"metadata":{},"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors"}}"#
    try folder.write(index.utf8, to: "m.safetensors.index.json")
    let file = try openWeights(at: folder.path)
    #expect(file.entries.map(\.name) == ["a", "b"])
    #expect(try file.floats("a", WeightPart(rows: 1..<2)) == [3, 4, 5])
    #expect(try file.floats("b") == [9, 10, 11, 12])
  }

  @Test("An index that names what is not there is refused")
  func brokenIndex() throws {
    func problem(_ map: String) throws -> String? {
      let path = try folder.write(#"{"weight_map":\#(map)}"#.utf8, to: "m.safetensors.index.json")
      do {
        _ = try ShardedSafetensors(indexPath: path)
        return nil
      } catch { return error.description.replacingOccurrences(of: folder.path + "/", with: "") }
    }
    try folder.write(SafetensorsWriter(samples: [Self.sample("a", [2])]).file, to: "m-1.safetensors")
    #expect(try problem(#"{"a":"m-1.safetensors"}"#) == nil)
    #expect(
      try problem(#"{"a":"m-1.safetensors","c":"m-1.safetensors"}"#)
        == "m.safetensors.index.json: lists 'c', which is not in m-1.safetensors")
    #expect(try problem(#"{"a":"m-9.safetensors"}"#) == "m-9.safetensors: cannot be opened: No such file or directory")
    #expect(
      try problem(#"{"a":"../m-1.safetensors"}"#)
        == "m.safetensors.index.json: names the shard '../m-1.safetensors' outside of its folder")
    #expect(try problem("7")?.contains("needs a weight_map") == true)
  }

  @Test("A head that does not fit the file is told with the tensor and the numbers")
  func brokenHeads() throws {
    let sample = Self.sample("w", [4])
    let whole = SafetensorsWriter(samples: [sample]).file
    #expect(try problem(whole) == nil)
    #expect(
      try problem(Array(whole.dropLast(3))) == "w lies at 0..<16 of 13 bytes; the file is cut off or corrupt")
    #expect(try problem([1, 2, 3])?.contains("it has 3 bytes") == true)
    #expect(
      try problem(bytes(of: UInt64.max) + [0])
        == "has a head of 18446744073709551615 bytes, but only 9 in all; it is cut off or corrupt")
    #expect(
      try problem(head: #"{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,16]}}"#, elements: 16)
        == "w of shape [3] and dtype F32 needs 12 bytes, the head gives it 16")
    #expect(
      try problem(head: #"{"w":{"dtype":"F4","shape":[3],"data_offsets":[0,16]}}"#, elements: 16)
        == "w of shape [3] and dtype F4 needs 2 bytes, the head gives it 16")
    #expect(try problem(head: #"{"w":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}}"#, elements: 16) != nil)
    #expect(
      try problem(head: #"{"w":{"dtype":"F32","shape":[9223372036854775807,2],"data_offsets":[0,8]}}"#, elements: 8)?
        .hasSuffix("is too large") == true)
    #expect(
      try problem(
        head:
          #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"v":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
        elements: 12)
        == "has w and v at the same place")
    #expect(
      try problem(head: #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, elements: 12)
        == "has 12 bytes of tensors, its head describes 8; it is corrupt")
    #expect(
      try problem(head: #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, elements: 12)
        == "has 12 bytes of tensors, its head describes 8; it is corrupt")
    #expect(try problem(head: String(repeating: "[", count: 100_000), elements: 0)?.contains("not the JSON") == true)
  }

  @Test("A folder must hold one model")
  func folders() throws {
    #expect(throws: WeightError.self) { try openWeights(at: folder.path) }
    #expect(throws: WeightError.self) { try openWeights(at: folder.path + "/nothing") }
    let bytes = SafetensorsWriter(samples: [Self.sample("a", [2])]).file
    try folder.write(bytes, to: "a.safetensors")
    #expect(try openWeights(at: folder.path).entries.count == 1)
    try folder.write(bytes, to: "b.safetensors")
    #expect(throws: WeightError.self) { try openWeights(at: folder.path) }
  }

  #if os(Linux)
    @Test("Reading a slice touches the pages of that slice, not the file's")
    func slicesOnly() throws {
      // 256 MiB of zeros that take no room on the disk, of which 4 KiB are read.
      let rows = 1 << 16
      let head = #"{"w":{"dtype":"F32","shape":[\#(rows),1024],"data_offsets":[0,\#(rows * 4096)]}}"#
      let start = SafetensorsWriter.file(head: head, elements: [])
      let path = try folder.write(start, to: "large.safetensors")
      #expect(truncate(path, start.count + rows * 4096) == 0)

      let before = try pageFaults()
      let file = try SafetensorsFile(path: path)
      #expect(try file.floats("w", WeightPart(rows: 40_000..<40_001)) == Array(repeating: 0, count: 1024))
      // The whole file would be 65536 pages, and 4096 faults where the kernel brings in 16 neighbours at a time.
      #expect(try pageFaults() - before < 1000)
    }

    /// Pages that this thread has touched for the first time so far (proc(5), field 10).
    private func pageFaults() throws -> Int {
      let fields = try String(contentsOfFile: "/proc/thread-self/stat", encoding: .utf8).split(separator: " ")
      return try #require(Int(fields[fields.count - 43]))
    }
  #endif
}
