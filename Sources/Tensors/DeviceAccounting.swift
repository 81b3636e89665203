/// Who is told what tensors on one device cost.
///
/// Called in program order from the task that computes. Memory of tensors that die elsewhere is given back from there.
public protocol DeviceAccounting: AnyObject, Sendable {
  /// Whether a backend that computes values is to say how long that took.
  var measuresKernels: Bool { get }

  /// Advances the device's clock by the time the operation takes.
  ///
  /// - Parameter kernelTime: what computing it took here; `nil` where nothing was computed or measured.
  /// - Throws: when the time is not known, such as an operation that a recording does not hold.
  func charge(_ operation: OperationRecord, kernelTime: Duration?) throws

  /// Notes that the program reads a value that the device has computed: an accelerator's host waits for it.
  func readsValue()

  /// Takes memory.
  ///
  /// - Throws: when the capacity does not suffice; nothing is taken then.
  func allocate(byteCount: Int, label: StaticString) throws

  /// Gives back memory that `allocate` took with the same label.
  func release(byteCount: Int, label: StaticString)
}

extension DeviceAccounting {
  /// Nothing: where nobody waits, or waiting takes its own time.
  public func readsValue() {}
}
