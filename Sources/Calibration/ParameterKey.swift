/// Which parameter of a cluster file a fitted value is.
public enum ParameterKey: Hashable, Sendable {
  /// Of the devices of one entry of the list.
  case device(entry: Int, DeviceParameter)
  /// Of the links of one cluster: the first one, numbered 0, is what the file describes.
  case link(LinkParameter, cluster: Int)
  /// Of the transport.
  case transport(TransportParameter)

  /// Where it stands in a cluster file: `network.transport.send.per_message`. Of links of further clusters, with their
  /// number behind it.
  public var path: String {
    switch self {
    case .device(let entry, let parameter): "devices[\(entry)].\(parameter.rawValue)"
    case .link(let parameter, let cluster):
      "network.link.\(parameter.rawValue)" + (cluster > 0 ? " (\(cluster + 1))" : "")
    case .transport(let parameter): "network.transport.\(parameter.path)"
    }
  }
}

/// A parameter of a device: the field's name in a cluster file.
public enum DeviceParameter: String, Hashable, Sendable {
  case peakFloat32 = "peak_float32"
  case peakBFloat16 = "peak_bfloat16"
  case memoryBandwidth = "memory_bandwidth"
  case launchOverhead = "launch_overhead"
}

/// A parameter of a link: the field's name in a cluster file.
public enum LinkParameter: String, Hashable, Sendable {
  case bandwidth, latency, burst
}

/// A parameter of a transport.
public enum TransportParameter: Hashable, Sendable {
  case sendPerMessage, sendPerByte
  case receivePerMessage, receivePerByte
  case perClearToSend
  case cStateExit, coldCache
  case perCollective
  case perCopy
  case reducePerByte, copyPerByte
  /// Bytes on the wire for each of payload, at one of ``NetworkParameter/wireSizes``.
  case wireFactor(Int)

  /// The mapping within the transport's that has the field, if any, and the field.
  var place: (section: String?, field: String) {
    switch self {
    case .sendPerMessage: ("send", "per_message")
    case .sendPerByte: ("send", "per_byte")
    case .receivePerMessage: ("receive", "per_message")
    case .receivePerByte: ("receive", "per_byte")
    case .perClearToSend: (nil, "per_clear_to_send")
    case .cStateExit: ("c_state_exit", "latency")
    case .coldCache: ("cold_cache", "latency")
    case .perCollective: (nil, "per_collective")
    case .perCopy: (nil, "per_copy")
    case .reducePerByte: (nil, "reduce_per_byte")
    case .copyPerByte: (nil, "copy_per_byte")
    case .wireFactor(let index): (nil, "wire_factor[\(index)]")
    }
  }

  /// Whether it is one of the wire's factors, which stand in a list.
  var isWireFactor: Bool { if case .wireFactor = self { true } else { false } }

  fileprivate var path: String { place.section.map { "\($0).\(place.field)" } ?? place.field }
}
