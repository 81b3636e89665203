import Communication
import Tensors

/// What a model needs to know of the rank it runs on. Simulation and deployment give it.
public struct ModelContext: Sendable {
  /// Where this rank's tensors live.
  public let device: any TensorDevice
  /// All ranks of the run.
  public let communicator: any Communicator
  /// This rank's clock, since any instant that all ranks share.
  public let now: @Sendable () -> Duration
  /// Takes the fraction of the work that is done, from ranks that know it.
  public let reportProgress: @Sendable (Double) -> Void
  /// Is told where in the model the rank is; `nil` where nobody asks.
  public let place: (any ModelPlace)?

  /// The context of one rank.
  public init(
    device: any TensorDevice, communicator: any Communicator, now: @escaping @Sendable () -> Duration,
    reportProgress: @escaping @Sendable (Double) -> Void = { _ in }, place: (any ModelPlace)? = nil
  ) {
    self.device = device
    self.communicator = communicator
    self.now = now
    self.reportProgress = reportProgress
    self.place = place
  }
}
