import Devices

/// One pass of a whole model, as far as it decides how fast a device would do it alone.
public struct ModelPass: Hashable, Sendable {
  /// What it asks of the device.
  public var cost: OperationCost
  /// About how many operations it is, each of which an accelerator's host dispatches.
  public var operations: Int
  /// How often the workload does it.
  public var count: Int

  /// About sixteen operations for each layer of a transformer: seven products, attention, two norms, and what lies between.
  static let operationsOfLayer = 16

  /// A pass that is done once unless said otherwise.
  public init(cost: OperationCost, operations: Int, count: Int = 1) {
    self.cost = cost
    self.operations = operations
    self.count = count
  }
}
