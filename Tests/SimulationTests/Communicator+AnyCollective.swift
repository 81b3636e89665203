import Communication

@testable import Simulation

extension Communicator {
  /// Takes part in a collective with payloads of so many bytes; the root, where there is one, is the first or last member.
  func takePart(in operation: CollectiveOperation, bytes: Int) async throws {
    let payload = Size(byteCount: bytes)
    switch operation {
    case .allReduce: _ = try await allReduce(payload)
    case .allGather: _ = try await allGather(payload)
    case .broadcast: _ = try await broadcast(payload, root: 0)
    case .reduce: _ = try await reduce(payload, root: size - 1)
    case .gather: _ = try await gather(payload, root: 0)
    case .scatter:
      let parts = Array(repeating: payload, count: size)
      _ = try await scatter(rank == 0 ? parts : nil, like: payload, root: 0)
    case .allToAll: _ = try await allToAll(Array(repeating: payload, count: size))
    case .reduceScatter: _ = try await reduceScatter(Size(byteCount: bytes * size))
    case .barrier: try await barrier()
    }
  }
}
