/// What one tensor operation asks of a device.
public struct OperationCost: Hashable, Sendable, Codable {
  /// Floating-point operations; a multiply-add counts as two.
  public var flops: Double
  /// Bytes read from the device's memory.
  public var bytesRead: Double
  /// Bytes written to the device's memory.
  public var bytesWritten: Double

  /// A cost; none of the figures is negative.
  public init(flops: Double, bytesRead: Double, bytesWritten: Double) {
    self.flops = flops
    self.bytesRead = bytesRead
    self.bytesWritten = bytesWritten
  }

  /// The cost of doing both.
  public static func + (left: OperationCost, right: OperationCost) -> OperationCost {
    OperationCost(
      flops: left.flops + right.flops, bytesRead: left.bytesRead + right.bytesRead,
      bytesWritten: left.bytesWritten + right.bytesWritten)
  }
}
