import Communication

/// What a communicator does with tensors.
///
/// A message belongs to no device, for nobody can say whose memory a payload takes while it travels, and taking memory
/// may fail where a communicator cannot throw. So all of these give messages, which take no memory, and memory is
/// taken where it can fail: before the communication starts, in the buffers of the forms for tensors in
/// `Communicator+Tensors.swift`, or by ``placed(on:label:)``.
extension Tensor: Payload {
  /// Number of elements: the product of all lengths.
  public var elementCount: Int {
    var product = 1
    for length in shape { product *= length }
    return product
  }

  /// Bytes of one element.
  public var elementByteCount: Int { elementType.byteCount }

  /// The element type's name.
  public var elementName: String { elementType.rawValue }

  /// A message of the elements of `range`, counted in the order of the shape.
  public func elements(in range: Range<Int>) -> Tensor {
    Tensor(shape: [range.count], elementType: elementType, storage: storage.message(of: range))
  }

  /// A message of all parts' elements one after another.
  public static func concatenating(_ parts: [Tensor]) -> Tensor {
    var elementCount = 0
    for part in parts { elementCount += part.elementCount }
    return Tensor(
      shape: [elementCount], elementType: parts[0].elementType,
      storage: parts[0].storage.message(concatenating: parts))
  }

  /// A message of the contributions' element-wise combination.
  public static func reducing(_ contributions: [Tensor], with reduction: ReductionOperator) -> Tensor {
    Tensor(
      shape: contributions[0].shape, elementType: contributions[0].elementType,
      storage: contributions[0].storage.message(reducing: contributions, with: reduction))
  }

  /// A message of all elements, which does not keep this tensor's memory.
  var message: Tensor {
    Tensor(shape: shape, elementType: elementType, storage: storage.message(of: 0..<elementCount))
  }

  /// A copy of the elements in the memory of `device`: how a message becomes a tensor. Costs no time, since the
  /// transport has paid for what arrived.
  public func placed(on device: any TensorDevice, label: StaticString = "receive buffer") throws -> Tensor {
    let tensor = try Tensor(uninitialized: shape, elementType: elementType, on: device, label: label)
    try device.fill(tensor.storage, with: self)
    return tensor
  }
}
