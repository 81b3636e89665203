import Tensors
import Weights

/// A model's parameters in a file that calls them by the names that the model asks for, or by these behind a prefix.
struct WeightFileParameters: ParameterSource {
  let file: any WeightFile
  /// What the model is called in errors.
  let modelName: String
  /// What stands before each name in the file.
  var prefix = ""

  /// Reads the part of a parameter that a device holds, converted to its type.
  func fill(_ tensor: Tensor, with part: ParameterPart) throws {
    guard let device = tensor.device else { return }
    let name = prefix + part.name
    let entry = try file.entry(named: name)
    guard entry.shape == part.shape else {
      throw CheckpointError(
        "\(name): the checkpoint has \(entry.shape), the configuration of \(modelName) asks for \(part.shape)")
    }
    let place = WeightPart(
      rows: part.axes.first?.partialRange, columns: part.axes.count > 1 ? part.axes.last?.partialRange : nil)
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: tensor.elementCount * tensor.elementByteCount, alignment: 64)
    defer { bytes.deallocate() }
    try file.read(name, place, as: tensor.elementType, into: bytes)
    try device.write(UnsafeRawBufferPointer(bytes), to: tensor)
  }
}
