import Devices
import Quantities
import Synchronization
import Tensors
import Testing

/// Writes down what is charged and how much memory lives.
final class RecordingAccounting: DeviceAccounting {
  struct OutOfMemory: Error, Equatable {
    var wanted: Int
    var free: Int
  }

  struct State {
    var records: [OperationRecord] = []
    var liveBytes = 0
    var peakBytes = 0
  }

  private let state = Mutex(State())
  private let capacity: Int

  init(capacity: Int = .max) { self.capacity = capacity }

  var records: [OperationRecord] { state.withLock { $0.records } }
  var liveBytes: Int { state.withLock { $0.liveBytes } }
  var peakBytes: Int { state.withLock { $0.peakBytes } }

  var measuresKernels: Bool { false }

  func charge(_ operation: OperationRecord, kernelTime: Duration?) { state.withLock { $0.records.append(operation) } }

  func allocate(byteCount: Int, label: StaticString) throws {
    try state.withLock {
      guard byteCount <= capacity - $0.liveBytes else {
        throw OutOfMemory(wanted: byteCount, free: capacity - $0.liveBytes)
      }
      $0.liveBytes += byteCount
      $0.peakBytes = max($0.peakBytes, $0.liveBytes)
    }
  }

  func release(byteCount: Int, label: StaticString) { state.withLock { $0.liveBytes -= byteCount } }
}

/// A device and its accounts.
struct Bench {
  let accounting: RecordingAccounting
  let device: ShapeDevice

  init(capacity: Int = .max) {
    accounting = RecordingAccounting(capacity: capacity)
    device = ShapeDevice(accounting: accounting)
  }

  func tensor(_ shape: [Int], _ elementType: ElementType = .float32) throws -> Tensor {
    try Tensor(uninitialized: shape, elementType: elementType, on: device, label: "test")
  }

  /// Expects what the last operation was charged with.
  func expectCost(
    _ flops: Int, _ bytesRead: Int, _ bytesWritten: Int, sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) {
    let expected = OperationCost(
      flops: Double(flops), bytesRead: Double(bytesRead), bytesWritten: Double(bytesWritten))
    #expect(accounting.records.last?.cost == expected, sourceLocation: sourceLocation)
  }
}
