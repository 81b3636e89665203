import Quantities
import Tensors
import Weights

/// A model's parameters in a file, and what the file calls them.
struct WeightFileParameters: ParameterSource {
  let file: any WeightFile
  /// What the model is called in errors.
  let modelName: String
  /// What the file calls a parameter, by its name in published checkpoints.
  var fileName: @Sendable (_ parameter: String) throws -> String = { $0 }

  /// The parameter in the file. Throws unless it is there in its shape and can be read.
  @discardableResult
  func entry(of parameter: String, shape: [Int]) throws -> WeightEntry {
    let entry = try file.entry(named: try fileName(parameter))
    guard entry.encoding.isReadable else {
      throw CheckpointError(
        "\(entry.name) is stored as \(entry.encoding), which is not supported; \(WeightEncoding.readable) are")
    }
    guard entry.shape == shape else {
      throw CheckpointError(
        "\(parameter): the checkpoint has \(entry.shape), the configuration of \(modelName) asks for \(shape)")
    }
    return entry
  }

  func check(_ part: ParameterPart) throws { try entry(of: part.name, shape: part.shape) }

  /// A loader that takes no memory and reads nothing: a model made by it has been checked against the file.
  func checking(_ elementType: ElementType) -> ParameterLoader {
    ParameterLoader(device: ShapeDevice(accounting: Uncharged()), elementType: elementType, source: self)
  }

  func fill(_ tensor: Tensor, with part: ParameterPart) throws { try fill(tensor, with: part) { _ in } }

  /// Reads the part of a parameter that a device holds, converted to its type.
  ///
  /// - Parameter arrange: brings the elements from the file's order into the model's.
  func fill(_ tensor: Tensor, with part: ParameterPart, _ arrange: (UnsafeMutableRawBufferPointer) -> Void) throws {
    guard let device = tensor.device else { return }
    let name = try entry(of: part.name, shape: part.shape).name
    let place = WeightPart(
      rows: part.axes.first?.partialRange, columns: part.axes.count > 1 ? part.axes.last?.partialRange : nil)
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: tensor.elementCount * tensor.elementByteCount, alignment: 64)
    defer { bytes.deallocate() }
    try file.read(name, place, as: tensor.elementType, into: bytes)
    arrange(bytes)
    try device.write(UnsafeRawBufferPointer(bytes), to: tensor)
  }
}

/// Accounts of a device that nobody runs on.
private final class Uncharged: DeviceAccounting {
  var measuresKernels: Bool { false }

  func charge(_ operation: OperationRecord, kernelTime: Duration?) {}

  func allocate(byteCount: Int, label: StaticString) {}

  func release(byteCount: Int, label: StaticString) {}
}
