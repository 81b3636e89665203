import Communication
import Quantities

/// The shape backend: tensors have sizes, costs and live memory, but no values.
///
/// A model of any size runs on any machine with it: what an operation needs here is one small object for the result.
public final class ShapeDevice: TensorDevice {
  private let accounting: any DeviceAccounting

  /// False.
  public var keepsValues: Bool { false }

  /// - Parameter accounting: who pays; kept alive by the device and by every tensor on it.
  public init(accounting: any DeviceAccounting) {
    self.accounting = accounting
  }

  /// Takes as many bytes as the elements need. What is too large to be counted does not fit into any memory.
  public func makeStorage(shape: [Int], elementType: ElementType, format: QuantizedFormat?, label: StaticString) throws
    -> any TensorStorage
  {
    if let format, shape.count == 2 {
      let byteCount = format.byteCount(rows: shape[0], columns: shape[1])
      return try ShapeStorage(byteCount: byteCount, label: label, device: self, accounting: accounting)
    }
    var byteCount = elementType.byteCount
    for length in shape {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: length)
      byteCount = overflow ? .max : product
    }
    return try ShapeStorage(byteCount: byteCount, label: label, device: self, accounting: accounting)
  }

  /// Takes memory for the result, then charges; computes nothing.
  public func perform(_ operation: Operation, on inputs: [Tensor], result: OperationResult) throws
    -> any TensorStorage
  {
    let storage = try makeStorage(
      shape: result.shape, elementType: result.elementType, format: nil, label: result.record.kind.label)
    try accounting.charge(result.record, kernelTime: nil)
    return storage
  }

  /// Charges; copies nothing.
  public func copy(_ source: Tensor, into destination: Tensor, axis: Int, at start: Int, record: OperationRecord)
    throws
  {
    try accounting.charge(record, kernelTime: nil)
  }

  /// The tensor's own storage, since there are no elements to find.
  public func view(_ view: TensorView, of tensor: Tensor) -> any TensorStorage { tensor.storage }

  /// Tells who pays.
  public func noteRead() { accounting.readsValue() }

  /// Does nothing: a message without values has none to fill in.
  public func fill(_ storage: any TensorStorage, with message: Tensor) {}

  /// Throws: there are no values here.
  public func write(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws { throw ValuesMissing() }

  /// Throws: there are no values here.
  public func read(_ tensor: Tensor, as elementType: ElementType, into bytes: UnsafeMutableRawBufferPointer) throws {
    throw ValuesMissing()
  }
}

/// Memory taken from a device for as long as this lives.
final class ShapeStorage: TensorStorage {
  private let byteCount: Int
  private let label: StaticString
  private let owner: ShapeDevice
  private let accounting: any DeviceAccounting

  init(byteCount: Int, label: StaticString, device: ShapeDevice, accounting: any DeviceAccounting) throws {
    try accounting.allocate(byteCount: byteCount, label: label)
    self.byteCount = byteCount
    self.label = label
    self.owner = device
    self.accounting = accounting
  }

  deinit { accounting.release(byteCount: byteCount, label: label) }

  var device: (any TensorDevice)? { owner }

  func message(of range: Range<Int>) -> any TensorStorage { ShapeMessage.shared }

  func message(concatenating parts: [Tensor]) -> any TensorStorage { ShapeMessage.shared }

  func message(reducing contributions: [Tensor], with reduction: ReductionOperator) -> any TensorStorage {
    ShapeMessage.shared
  }
}

/// A message without values; one object stands for all of them.
final class ShapeMessage: TensorStorage {
  static let shared = ShapeMessage()

  private init() {}

  var device: (any TensorDevice)? { nil }

  func message(of range: Range<Int>) -> any TensorStorage { self }

  func message(concatenating parts: [Tensor]) -> any TensorStorage { self }

  func message(reducing contributions: [Tensor], with reduction: ReductionOperator) -> any TensorStorage { self }
}
