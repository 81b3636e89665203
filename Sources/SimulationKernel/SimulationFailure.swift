import Inputs

/// Why a run ended before every process had finished.
public enum SimulationFailure: Error, Sendable {
  /// A process threw.
  case processFailed(ProcessFailure)
  /// Nothing can happen any more, but processes are alive.
  case deadlock(DeadlockReport)
  /// Processes await something outside the simulation.
  case foreignWait(ForeignWait)
  /// Somebody called ``Engine/interrupt()``.
  case interrupted(at: VirtualTime)
  /// Something would end after virtual time does.
  case timeExceeded(TimeExceeded)
}

/// Something that would end after virtual time does.
public struct TimeExceeded: Error, Hashable, Sendable, CustomStringConvertible {
  /// What it is, such as `matmul on jetson-0`; `nil` for the run as a whole.
  public let subject: String?

  /// - Parameter subject: what takes so long, where that is known.
  public init(_ subject: String? = nil) { self.subject = subject }

  /// What takes too long, and what the reason may be, in one line.
  public var description: String {
    """
    \(subject ?? "the run") would take longer than virtual time can tell, 106 days: is a rate, a size or a duration \
    in the wrong unit?
    """
  }
}

/// A process that threw.
public struct ProcessFailure: Sendable {
  /// The process's position, and how reports call it.
  public let process: Int
  /// How reports call the process.
  public let name: String
  /// Its local clock when it threw.
  public let time: VirtualTime
  /// The last primitive it called; `nil` when it had not called any.
  public let location: SourceLocation?
  /// What it threw.
  public let error: any Error

  init(process: LogicalProcess, error: any Error) {
    self.process = process.id
    name = process.name
    time = process.now
    location = process.lastPrimitive
    self.error = error
  }
}

/// Processes that await something outside the simulation.
public struct ForeignWait: Sendable {
  /// How reports call the processes.
  public let names: [String]
  /// The last primitive that each called; `nil` for none.
  public let locations: [SourceLocation?]

  init(processes: [LogicalProcess]) {
    names = processes.map(\.name)
    locations = processes.map(\.lastPrimitive)
  }
}

extension SimulationFailure: CustomStringConvertible {
  /// What happened, for people; several lines for a deadlock.
  public var description: String {
    switch self {
    case .processFailed(let failure): failure.description
    case .deadlock(let report): report.description
    case .foreignWait(let wait): wait.description
    case .interrupted(let time): "interrupted at virtual time \(time)"
    case .timeExceeded(let excess): excess.description
    }
  }
}

extension ProcessFailure: CustomStringConvertible {
  /// Who failed, when, where and why, in one line.
  public var description: String {
    let place = location.map { ", after the primitive at \($0)" } ?? ", before any primitive"
    return "\(name) failed at virtual time \(time)\(place): \(error)"
  }
}

extension ForeignWait: CustomStringConvertible {
  /// Who waits, and what to do instead, in one line.
  public var description: String {
    let list = zip(names, locations).map { name, location in
      location.map { "\(name) (last primitive at \($0))" } ?? "\(name) (no primitive called yet)"
    }
    return """
      \(list.joined(separator: ", ")) awaits something that is not simulated (a real sleep, an actor on another \
      executor, a detached task); use the virtual clock and the communicator instead
      """
  }
}
