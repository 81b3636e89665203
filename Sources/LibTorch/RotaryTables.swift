import CLibTorch
import Foundation
import Quantities
import Synchronization
import Tensors

/// The cosines and sines of rotary embeddings by position, computed once for as many positions as were asked for.
///
/// They are constants of the kernel, not tensors of the program: no memory is charged for them.
final class RotaryTables: Sendable {
  private struct Key: Hashable {
    let embedding: RotaryEmbedding
    let headSize: Int
    let elementType: ElementType
  }

  private struct Entry {
    let positionCount: Int
    let tables: [TorchTensor]
  }

  private let library: TorchLibrary
  private let deviceName: String
  private let entries = Mutex<[Key: Entry]>([:])

  init(library: TorchLibrary, deviceName: String) {
    self.library = library
    self.deviceName = deviceName
  }

  /// Cosines and sines `[at least positionCount, headSize / 2]`.
  func tables(for embedding: RotaryEmbedding, headSize: Int, elementType: ElementType, positionCount: Int)
    throws(TorchError) -> [TorchTensor]
  {
    let key = Key(embedding: embedding, headSize: headSize, elementType: elementType)
    let known = entries.withLock { $0[key] }
    if let known, known.positionCount >= positionCount { return known.tables }
    // Twice as many as before, so that one token after another does not compute them anew each time.
    let count = max(positionCount, 2 * (known?.positionCount ?? 32))
    let frequencies = embedding.frequencies(headSize: headSize)
    let tables = try [cos, sin].map { (function: (Double) -> Double) throws(TorchError) in
      let values = (0..<count).flatMap { position in frequencies.map { Float(function(Double(position) * $0)) } }
      return try table(values, shape: [count, headSize / 2], elementType: elementType)
    }
    entries.withLock { $0[key] = Entry(positionCount: count, tables: tables) }
    return tables
  }

  private func table(_ values: [Float], shape: [Int], elementType: ElementType) throws(TorchError) -> TorchTensor {
    let functions = library.functions.tensors
    let lengths = shape.map(Int64.init)
    let single = try library.tensor {
      functions.empty(lengths, Int64(lengths.count), UNIFERENCE_FLOAT32, deviceName, $0)
    }
    try library.check(
      values.withUnsafeBytes { bytes in
        bytes.baseAddress.flatMap { functions.write(single.pointer, $0, Int64(bytes.count)) }
      })
    guard elementType != .float32 else { return single }
    let code = [Int64(try elementType.torchCode.rawValue)]
    let operands = [Optional(single.pointer)]
    return try library.tensor { functions.apply(UNIFERENCE_CAST, operands, 1, code, nil, $0) }
  }
}
