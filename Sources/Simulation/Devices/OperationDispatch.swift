/// How a framework puts an operation on its device.
public struct OperationDispatch: Hashable, Sendable {
  /// How many operations of the framework it is for the host.
  public var hostOperations: Int64
  /// Whether it is a kernel of its own, with the time that starting one takes.
  public var launchesKernel: Bool

  /// Another way; none of the numbers is negative.
  public init(hostOperations: Int64, launchesKernel: Bool) {
    self.hostOperations = hostOperations
    self.launchesKernel = launchesKernel
  }

  /// One operation and one kernel.
  public static let own = OperationDispatch(hostOperations: 1, launchesKernel: true)
  /// In the same kernel as the operation before, whose result it does not need.
  public static let merged = OperationDispatch(hostOperations: 0, launchesKernel: false)
}
