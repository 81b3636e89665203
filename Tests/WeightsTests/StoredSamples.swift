import Foundation
import Quantities
import TestSupport
import Weights

extension TemporaryFolder {
  /// Cuts a file off, in place.
  func truncate(_ name: String, to byteCount: Int) throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(path)/\(name)"))
    try handle.truncate(atOffset: UInt64(byteCount))
    try handle.close()
  }
}

extension WeightFile {
  /// A part of a tensor as float32.
  func floats(_ name: String, _ part: WeightPart = .whole) throws -> [Float] {
    let entry = try entry(named: name)
    let shape = entry.shape
    let rows = part.rows?.count ?? shape.first ?? 1
    let columns = shape.count > 1 ? part.columns?.count ?? shape[shape.count - 1] : 1
    let between = shape.dropFirst().dropLast().reduce(1, *)
    // The shape of what cannot be read is no more than a damaged file's word.
    var values = [Float](repeating: .nan, count: entry.encoding.isReadable ? rows * between * columns : 0)
    try values.withUnsafeMutableBytes { try read(name, part, as: .float32, into: $0) }
    return values
  }

  /// A part of a tensor as the bytes of another type.
  func bytes(_ name: String, _ part: WeightPart = .whole, as type: ElementType, count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0xaa, count: count * type.byteCount)
    try bytes.withUnsafeMutableBytes { try read(name, part, as: type, into: $0) }
    return bytes
  }
}

/// A tensor that a test puts into a file.
struct StoredSample {
  var name: String
  /// Outermost axis first.
  var shape: [Int]
  /// `F32` in safetensors, `Q4_K` in GGUF.
  var type: String
  var bytes: [UInt8]
}

/// Little-endian bytes of a number.
func bytes(of value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian, Array.init) }

/// The bytes of float32 numbers.
func bytes(of values: [Float]) -> [UInt8] { values.flatMap { bytes(of: $0.bitPattern) } }
