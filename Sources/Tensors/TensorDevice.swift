import Communication
import Quantities

/// Where tensors live and who pays for them: a backend on one device.
///
/// Model code never calls it directly, so that one model runs on every backend: ``ShapeDevice``, which stores nothing,
/// or one that computes values.
public protocol TensorDevice: AnyObject, Sendable {
  /// Whether tensors here have values, so that they can be written and read.
  var keepsValues: Bool { get }

  /// Takes memory for a tensor with undefined elements.
  ///
  /// - Parameter format: of a matrix of parameters that takes less memory than its elements' type would; values, where there
  ///   are any, have that type all the same.
  func makeStorage(shape: [Int], elementType: ElementType, format: QuantizedFormat?, label: StaticString) throws
    -> any TensorStorage

  /// Takes memory for the result, computes it and charges the cost.
  ///
  /// - Parameter result: shape, element type and cost, as the operation's declaration infers them from `inputs`.
  func perform(_ operation: Operation, on inputs: [Tensor], result: OperationResult) throws -> any TensorStorage

  /// Overwrites `source.shape[axis]` entries of `destination` along `axis`, from `start` on, and charges the cost.
  func copy(_ source: Tensor, into destination: Tensor, axis: Int, at start: Int, record: OperationRecord) throws

  /// The storage of a view: the same elements under another shape, or a run of them along one axis.
  func view(_ view: TensorView, of tensor: Tensor) throws -> any TensorStorage

  /// Notes that the program reads a value computed here, such as the token that it goes on with, also where tensors have no
  /// values: an accelerator's host waits for it.
  func noteRead()

  /// Puts the elements of a message into memory that this device made. Costs no time: the transport has paid.
  func fill(_ storage: any TensorStorage, with message: Tensor) throws

  /// Puts values into a tensor of this device: as many bytes as it has, in the order of its shape. Costs no time.
  ///
  /// - Throws: ``ValuesMissing`` where ``keepsValues`` is false.
  func write(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws

  /// Copies a tensor's values, converted to `elementType`, in the order of its shape. Costs no time.
  ///
  /// - Throws: ``ValuesMissing`` where ``keepsValues`` is false.
  func read(_ tensor: Tensor, as elementType: ElementType, into bytes: UnsafeMutableRawBufferPointer) throws
}

/// What a backend keeps of a tensor. Its `deinit` gives the memory back.
public protocol TensorStorage: AnyObject, Sendable {
  /// The device whose memory it takes; `nil` for a message.
  var device: (any TensorDevice)? { get }

  /// A message of the elements of `range`, counted in the order of the shape of the tensor that has this storage.
  func message(of range: Range<Int>) -> any TensorStorage

  /// A message of all parts' elements one after another. The receiver is the first part's storage.
  func message(concatenating parts: [Tensor]) -> any TensorStorage

  /// A message of the element-wise combination of all contributions. The receiver is the first one's storage.
  func message(reducing contributions: [Tensor], with reduction: ReductionOperator) -> any TensorStorage
}

/// A way to see a tensor's elements differently without touching them.
public enum TensorView: Hashable, Sendable {
  /// The same elements in the same order under another shape.
  case reshape([Int])
  /// The entries `start..<start + count` along `axis`.
  case narrow(axis: Int, start: Int, count: Int)
}
