import Inputs

/// What a process waits for, able to say so when nothing can happen any more.
public protocol WaitSubject: AnyObject {
  /// Takes the token by which the waiting process is woken.
  func setWaiter(_ token: WaiterToken, for member: Int)

  /// What `process` waits for here; called only to make a report.
  func describeWait(of process: LogicalProcess) -> WaitDescription
}

/// What a process waits for, and who could end the wait.
public struct WaitDescription: Hashable, Sendable {
  /// The operation with what identifies it: `receive from rank 1, tag 7, group world`.
  public let operation: String
  /// Identifiers of the processes of which at least one has to act.
  public let waitsOn: [Int]

  /// A wait for at least one of `waitsOn`.
  public init(operation: String, waitsOn: [Int]) {
    self.operation = operation
    self.waitsOn = waitsOn
  }
}

/// Why a suspended process goes on.
public enum WakeReason: Sendable {
  /// What it waited for has happened.
  case ready
  /// Its deadline has come first.
  case timedOut
}

/// Stands for one suspension; void once the process has gone on.
public struct WaiterToken: Sendable {
  let index: UInt32
  let generation: UInt32

  /// Stands for nobody.
  public static let none = WaiterToken(index: .max, generation: .max)

  /// The token in the 56 bits that an event can carry.
  var bits: UInt64 { UInt64(index) | UInt64(generation & 0xFF_FFFF) << 32 }

  init(index: UInt32, generation: UInt32) {
    self.index = index
    self.generation = generation
  }

  init(bits: UInt64) {
    index = UInt32(truncatingIfNeeded: bits)
    generation = UInt32(truncatingIfNeeded: bits >> 32)
  }
}
