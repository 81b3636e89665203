import Communication

/// The collectives of one group, started in the order in which they were called.
///
/// Sendable without checks because it is used only on the thread of its rank's loop.
final class CollectiveLine: @unchecked Sendable {
  private unowned let communicator: TorchCommunicator
  private var open: [TorchWork] = []

  init(_ communicator: TorchCommunicator) { self.communicator = communicator }

  /// Begins a collective as it was called.
  func begin(_ call: CollectiveCall, start: @escaping () throws -> TorchWork) throws -> TorchOperation {
    let work = try communicator.told(call.shape.operation.rawValue, at: call.location, start)
    open.append(work)
    let observer = communicator.world.observer
    let began = observer?.now ?? .zero
    return TorchOperation(
      SeveralWorks([work]), communicator, call.shape.operation.rawValue, at: call.location
    ) { [communicator] in
      observer?.ended(
        call.shape.operation, byteCount: call.byteCount, groupName: communicator.name, start: began)
    }
  }

  func advance() throws { open.removeAll { (try? $0.isCompleted()) ?? true } }
}
