import LibTorch
import SimulationKernel
import Synchronization

/// What tensors cost on a device that really computes: their memory and time are noted, and nothing is charged.
final class DeployedDevice: DeviceAccounting {
  private struct State {
    var memory: MemoryAccount
    var busy = Duration.zero
    var cost = OperationCost(flops: 0, bytesRead: 0, bytesWritten: 0)
  }

  private let events: DeployedEvents?
  private let state: Mutex<State>

  /// - Parameter events: where each operation's time is noted; `nil` for nowhere.
  init(name: String, events: DeployedEvents?) {
    self.events = events
    state = Mutex(State(memory: MemoryAccount(deviceName: name, capacity: .max)))
  }

  /// Whether each operation is timed, which makes an accelerator wait for it.
  var measuresKernels: Bool { events != nil }

  func charge(_ operation: OperationRecord, kernelTime: Duration?) {
    state.withLock { state in
      state.cost = state.cost + operation.cost
      state.busy += kernelTime ?? .zero
    }
    if let kernelTime { events?.computed(operation, for: kernelTime) }
  }

  func allocate(byteCount: Int, label: StaticString) throws {
    try state.withLock { try $0.memory.allocate(byteCount, label: label) }
  }

  func release(byteCount: Int, label: StaticString) {
    state.withLock { $0.memory.release(byteCount, label: label) }
  }

  /// Time spent computing, as far as it was measured.
  var busyTime: Duration { state.withLock { $0.busy } }

  /// The most memory that was in use at any time.
  var peakMemory: Int { state.withLock { $0.memory.peak } }

  /// Floating-point operations computed.
  var flops: Double { state.withLock { $0.cost.flops } }
}
