import Quantities
import Tensors
import Weights

/// A model's parameters in a file that calls them by the names that the model asks for, or by these behind a prefix.
struct WeightFileParameters: ParameterSource {
  let file: any WeightFile
  /// What the model is called in errors.
  let modelName: String
  /// What stands before each name in the file.
  var prefix = ""

  /// Throws unless the file has the parameter in its shape.
  func check(_ part: ParameterPart) throws {
    let entry = try file.entry(named: prefix + part.name)
    guard entry.encoding.isReadable else {
      throw CheckpointError(
        "\(entry.name) is stored as \(entry.encoding), which is not supported; \(WeightEncoding.readable) are")
    }
    guard entry.shape == part.shape else {
      throw CheckpointError(
        "\(entry.name): the checkpoint has \(entry.shape), the configuration \(modelName) asks for \(part.shape)")
    }
  }

  /// A loader that takes no memory and reads nothing: a model made by it has been checked against the file.
  func checking(_ elementType: ElementType) -> ParameterLoader {
    ParameterLoader(device: ShapeDevice(accounting: Uncharged()), elementType: elementType, source: self)
  }

  /// Reads the part of a parameter that a device holds, converted to its type.
  func fill(_ tensor: Tensor, with part: ParameterPart) throws {
    guard let device = tensor.device else { return }
    try check(part)
    let place = WeightPart(
      rows: part.axes.first?.partialRange, columns: part.axes.count > 1 ? part.axes.last?.partialRange : nil)
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: tensor.elementCount * tensor.elementByteCount, alignment: 64)
    defer { bytes.deallocate() }
    try file.read(prefix + part.name, place, as: tensor.elementType, into: bytes)
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
