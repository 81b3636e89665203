import Devices
import Hosts

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
    default: throw ProtocolError("commands of streams are 0 to 5, not \(command)")
    }
  }
}
