import Foundation
import LibTorch
import Quantities
import SimulationKernel
import Synchronization
import Tensors
import Testing

/// libtorch, where it is installed. Continuous integration sets `UNIFERENCE_REQUIRE_TORCH`, so that tests fail there
/// rather than being skipped.
enum Torch {
  static let library: Result<TorchLibrary, TorchError> = Result { () throws(TorchError) in try TorchLibrary() }

  /// Whether tests that need libtorch are to run.
  static var isWanted: Bool {
    if case .success = library { return true }
    return ProcessInfo.processInfo.environment["UNIFERENCE_REQUIRE_TORCH"] != nil
  }
}

/// Writes down what is charged, with the kernels' times, and how much memory lives.
final class LedgerAccounting: DeviceAccounting {
  struct State {
    var records: [OperationRecord] = []
    var kernelTimes: [Duration?] = []
    var liveBytes = 0
    var peakBytes = 0
  }

  let measuresKernels: Bool
  private let mutex = Mutex(State())

  init(measuresKernels: Bool = false) { self.measuresKernels = measuresKernels }

  var state: State { mutex.withLock { $0 } }

  func charge(_ operation: OperationRecord, kernelTime: Duration?) {
    mutex.withLock {
      $0.records.append(operation)
      $0.kernelTimes.append(kernelTime)
    }
  }

  func allocate(byteCount: Int, label: StaticString) {
    mutex.withLock {
      $0.liveBytes += byteCount
      $0.peakBytes = max($0.peakBytes, $0.liveBytes)
    }
  }

  func release(byteCount: Int, label: StaticString) { mutex.withLock { $0.liveBytes -= byteCount } }
}

/// A device of libtorch, its accounts, and random tensors.
struct TorchBench {
  let accounting: LedgerAccounting
  let device: TorchDevice
  var random: RandomStream

  init(seed: UInt64 = 0, measuresKernels: Bool = false) throws {
    accounting = LedgerAccounting(measuresKernels: measuresKernels)
    let library = try Torch.library.get()
    try library.setThreadCount(1)
    device = TorchDevice(library: library, accounting: accounting)
    random = RandomStream(seed: seed)
  }

  /// Values between -2 and 2 in a tensor of the shape.
  mutating func tensor(_ shape: [Int]) throws -> (Tensor, ShapedValues) {
    let values = (0..<shape.reduce(1, *)).map { _ in Float.random(in: -2...2, using: &random) }
    return (try Tensor(values, shape: shape, on: device, label: "test"), ShapedValues(shape, values))
  }
}

/// A plain array with a shape, for references that anybody can check by reading.
struct ShapedValues {
  let shape: [Int]
  var values: [Float]

  init(_ shape: [Int], _ values: [Float]) {
    self.shape = shape
    self.values = values
  }

  /// The rows along the last axis.
  var rows: [[Float]] {
    let length = shape.last ?? 1
    return stride(from: 0, to: values.count, by: max(1, length)).map { Array(values[$0..<$0 + length]) }
  }
}

/// Expects a tensor's values to be within `tolerance` of the expected ones, relative to the larger of them and 1.
func expectClose(
  _ tensor: Tensor, _ expected: [Float], tolerance: Float = 2e-5, _ comment: Comment,
  sourceLocation: Testing.SourceLocation = #_sourceLocation
) throws {
  let values = try tensor.floats()
  try #require(values.count == expected.count, comment, sourceLocation: sourceLocation)
  for (index, (value, reference)) in zip(values, expected).enumerated() {
    guard abs(value - reference) > tolerance * max(1, abs(reference)) else { continue }
    Issue.record("\(comment): element \(index) is \(value), expected \(reference)", sourceLocation: sourceLocation)
    return
  }
}
