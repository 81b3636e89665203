import Quantities

/// Values in and out of tensors. All of it costs no time: it is the program talking to its device, not computing.
extension Tensor {
  /// A tensor of the given float32 values, in the order of the shape. On a backend without values it has the shape only.
  ///
  /// - Precondition: there are as many values as the shape has elements.
  public init(_ values: [Float], shape: [Int], on device: any TensorDevice, label: StaticString) throws {
    try self.init(values: values, shape: shape, elementType: .float32, on: device, label: label)
  }

  /// A tensor of the given int64 values, in the order of the shape. On a backend without values it has the shape only.
  ///
  /// - Precondition: there are as many values as the shape has elements.
  public init(_ values: [Int], shape: [Int], on device: any TensorDevice, label: StaticString) throws {
    try self.init(values: values.map(Int64.init), shape: shape, elementType: .int64, on: device, label: label)
  }

  private init<Element: BitwiseCopyable>(
    values: [Element], shape: [Int], elementType: ElementType, on device: any TensorDevice, label: StaticString
  ) throws {
    precondition(values.count == shape.reduce(1, *), "\(values.count) values do not fill \(shape)")
    try self.init(uninitialized: shape, elementType: elementType, on: device, label: label)
    guard device.keepsValues else { return }
    try values.withUnsafeBytes { try device.write($0, to: self) }
  }

  /// Whether the elements have values that can be read.
  public var hasValues: Bool { device?.keepsValues ?? false }

  /// All elements as float32, in the order of the shape.
  ///
  /// - Throws: ``ValuesMissing`` on a backend without values.
  public func floats() throws -> [Float] { try values(as: .float32, zero: Float(0)) }

  /// All elements as integers, in the order of the shape.
  ///
  /// - Throws: ``ValuesMissing`` on a backend without values.
  public func integers() throws -> [Int] { try values(as: .int64, zero: Int64(0)).map(Int.init) }

  private func values<Element: BitwiseCopyable>(as elementType: ElementType, zero: Element) throws -> [Element] {
    guard let device else { throw PlacementError(operation: "read", operand: 0, isMessage: true) }
    var values = Array(repeating: zero, count: elementCount)
    try values.withUnsafeMutableBytes { try device.read(self, as: elementType, into: $0) }
    return values
  }
}
