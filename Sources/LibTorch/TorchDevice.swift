import CLibTorch
import Quantities
import Tensors

/// The libtorch backend: tensors have values, which real kernels compute, on one rank's device.
///
/// Sizes and memory are accounted exactly as ``ShapeDevice`` does, so that a program costs the same with values and
/// without. All operations of a device are called by one task at a time.
public final class TorchDevice: TensorDevice {
  let library: TorchLibrary
  /// libtorch's name of the device that computes: `cpu`, `cuda:0`, `mps`.
  public let name: String
  private let accounting: any DeviceAccounting
  /// Keeps the accounts of memory.
  private let shapes: ShapeDevice
  private let rotaryTables: RotaryTables
  private let timer: KernelTimer?

  /// - Parameters:
  ///   - name: libtorch's name of the device to compute on, which ``TorchLibrary/checkDevice(_:)`` accepts.
  ///   - accounting: who pays; kept alive by the device and by every tensor on it.
  public init(library: TorchLibrary, name: String = "cpu", accounting: any DeviceAccounting) {
    self.library = library
    self.name = name
    self.accounting = accounting
    shapes = ShapeDevice(accounting: accounting)
    rotaryTables = RotaryTables(library: library, deviceName: name)
    timer = accounting.measuresKernels ? KernelTimer(library: library, deviceName: name) : nil
  }

  /// True.
  public var keepsValues: Bool { true }

  /// Takes memory of undefined elements.
  public func makeStorage(shape: [Int], elementType: ElementType, format: QuantizedFormat?, label: StaticString) throws
    -> any TensorStorage
  {
    let memory = try shapes.makeStorage(shape: shape, elementType: elementType, format: format, label: label)
    let lengths = shape.map(Int64.init)
    let code = try elementType.torchCode
    let tensor = try library.tensor {
      library.functions.tensors.empty(lengths, Int64(lengths.count), code, name, $0)
    }
    return TorchStorage(tensor, memory: memory, device: self)
  }

  /// Takes memory for the result, computes it, and charges the cost or the time that computing took.
  public func perform(_ operation: Operation, on inputs: [Tensor], result: OperationResult) throws
    -> any TensorStorage
  {
    let memory = try shapes.makeStorage(
      shape: result.shape, elementType: result.elementType, format: nil, label: result.record.kind.label)
    var operands = try inputs.map { try $0.torchTensor }
    if case .rotaryEmbedding(let embedding, let position) = operation {
      operands += try rotaryTables.tables(
        for: embedding, headSize: inputs[0].shape[3], elementType: result.elementType,
        positionCount: position + inputs[0].shape[1])
    }
    let call = try operation.torchCall
    let (tensor, kernelTime) = try timed { try apply(call, to: operands) }
    try accounting.charge(result.record, kernelTime: kernelTime)
    return TorchStorage(tensor, memory: memory, device: self)
  }

  /// Copies, and charges the cost or the time that copying took.
  public func copy(_ source: Tensor, into destination: Tensor, axis: Int, at start: Int, record: OperationRecord)
    throws
  {
    let (from, to) = (try source.torchTensor, try destination.torchTensor)
    let (_, kernelTime) = try timed {
      try library.check(library.functions.tensors.copyInto(from.pointer, to.pointer, Int64(axis), Int64(start)))
    }
    try accounting.charge(record, kernelTime: kernelTime)
  }

  /// The same elements, seen differently.
  ///
  /// - Throws: when a tensor whose elements are not adjacent is to be seen under another shape.
  public func view(_ view: TensorView, of tensor: Tensor) throws -> any TensorStorage {
    let pointer = try tensor.torchTensor.pointer
    let functions = library.functions.tensors
    let seen = try library.tensor { result in
      switch view {
      case .reshape(let shape):
        let lengths = shape.map(Int64.init)
        return functions.reshape(pointer, lengths, Int64(lengths.count), result)
      case .narrow(let axis, let start, let count):
        return functions.narrow(pointer, Int64(axis), Int64(start), Int64(count), result)
      }
    }
    guard let memory = (tensor.storage as? TorchStorage)?.memory else {
      throw TorchError("a message was to be seen under another shape; place it on a device first")
    }
    return TorchStorage(seen, memory: memory, device: self)
  }

  /// Tells who pays.
  public func noteRead() { accounting.readsValue() }

  /// Copies a message's elements.
  public func fill(_ storage: any TensorStorage, with message: Tensor) throws {
    guard let storage = storage as? TorchStorage else {
      throw TorchError("memory of a device without values cannot take a message's values")
    }
    let (to, from) = (try storage.content.get(), try message.torchTensor)
    try library.check(library.functions.tensors.fill(to.pointer, from.pointer))
  }

  /// Copies bytes into a tensor.
  public func write(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws {
    guard let base = bytes.baseAddress else { return }
    let pointer = try tensor.torchTensor.pointer
    try library.check(library.functions.tensors.write(pointer, base, Int64(bytes.count)))
  }

  /// Copies a tensor's elements, converted to `elementType`, into bytes.
  public func read(_ tensor: Tensor, as elementType: ElementType, into bytes: UnsafeMutableRawBufferPointer) throws {
    guard let base = bytes.baseAddress else { return }
    let (pointer, code) = (try tensor.torchTensor.pointer, try elementType.torchCode)
    try library.check(library.functions.tensors.read(pointer, code, base, Int64(bytes.count)))
  }

  private func apply(_ call: TorchCall, to operands: [TorchTensor]) throws(TorchError) -> TorchTensor {
    try library.tensor { result in
      withUnsafeTemporaryAllocation(of: OpaquePointer?.self, capacity: operands.count) { pointers in
        for (index, operand) in operands.enumerated() { pointers.initializeElement(at: index, to: operand.pointer) }
        return call.integers.withUnsafeBufferPointer { integers in
          call.numbers.withUnsafeBufferPointer { numbers in
            library.functions.tensors.apply(
              call.operation, pointers.baseAddress, Int64(operands.count), integers.baseAddress, numbers.baseAddress,
              result)
          }
        }
      }
    }
  }

  private func timed<Result>(_ body: () throws -> Result) throws -> (Result, Duration?) {
    guard let timer else { return (try body(), nil) }
    return try timer.time(body)
  }
}
