import Quantities

/// A tensor that does not fit into a device's memory.
public struct OutOfMemory: Error, Hashable, Sendable, CustomStringConvertible {
  /// The device.
  public let deviceName: String
  /// Bytes that the device has for tensors.
  public let capacity: Int
  /// Bytes that live tensors held when the request came.
  public let inUse: Int
  /// The most bytes held until then.
  public let peak: Int
  /// Bytes of the tensor that does not fit.
  public let requested: Int
  /// What that tensor is.
  public let requestedLabel: String
  /// The labels that held most, largest first, at most five.
  public let largest: [LiveTensors]

  /// One line: the device, the tensor, what is held, the largest tensors, what to do.
  public var description: String {
    let largest = largest.map { tensors in
      "\(tensors.label) \(Self.size(tensors.bytes))" + (tensors.count > 1 ? " in \(tensors.count)" : "")
    }
    return "out of memory on \(deviceName): \(Self.size(requested)) for \"\(requestedLabel)\" do not fit, as"
      + " \(Self.size(inUse)) of \(Self.size(capacity)) are in use (peak \(Self.size(peak)));"
      + (largest.isEmpty ? "" : " largest: \(largest.joined(separator: ", "));")
      + " use more devices, a smaller batch or context, or a device with more memory"
  }

  private static func size(_ bytes: Int) -> String { DataSize(bytes: bytes).description }
}
