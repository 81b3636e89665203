import Devices
import Hosts
import Simulation

/// What a script gives its device to do, in order.
enum DeviceWork: Sendable {
  /// A torch operation and its cost.
  case operation(ComputedOperation)
  /// Something that only concerns streams.
  case stream(StreamCommand)
}

/// One torch operation and its cost.
struct ComputedOperation: Sendable {
  let name: UInt32
  let dataType: DataType
  let cost: OperationCost
  let shape: KernelShape
}

/// What a script does with its device's streams.
enum StreamCommand: Sendable {
  /// What follows is given to this stream.
  case select(StreamClocks.Stream)
  /// An event of the current stream.
  case record(StreamClocks.Event)
  /// The current stream waits for an event.
  case wait(StreamClocks.Event)
  /// The host waits for a stream.
  case synchronizeStream(StreamClocks.Stream)
  /// The host waits for an event.
  case synchronizeEvent(StreamClocks.Event)
  /// The host waits for all streams.
  case synchronizeDevice
  /// What follows takes the host so many thousandths of an operation's dispatch.
  case dispatch(thousandths: Int64)
  /// The host launches a graph, whose kernels follow.
  case launchGraph
  /// A copy between the memories of host and device on the current stream.
  case copy(HostCopy)

  init(_ reader: inout FrameReader) throws(ProtocolError) {
    let command = try reader.integer(UInt8.self)
    let subject = try reader.integer(Int64.self)
    switch command {
    case 0: self = .select(subject)
    case 1: self = .record(subject)
    case 2: self = .wait(subject)
    case 3: self = .synchronizeStream(subject)
    case 4: self = .synchronizeEvent(subject)
    case 5: self = .synchronizeDevice
    case 6:
      guard (0...1000).contains(subject) else {
        throw ProtocolError("a share of an operation's dispatch is 0 to 1000 thousandths, not \(subject)")
      }
      self = .dispatch(thousandths: subject)
    case 7: self = .launchGraph
    case 8: self = .copy(HostCopy(byteCount: subject, direction: .toDevice, isPinned: true))
    case 9: self = .copy(HostCopy(byteCount: subject, direction: .toHost, isPinned: true))
    case 10: self = .copy(HostCopy(byteCount: subject, direction: .toDevice, isPinned: false))
    case 11: self = .copy(HostCopy(byteCount: subject, direction: .toHost, isPinned: false))
    default: throw ProtocolError("commands of streams are 0 to 11, not \(command)")
    }
  }
}
