@_exported import Communication
@_exported import Devices
@_exported import Documents
@_exported import Quantities
@_exported import Tensors

/// What runs on every rank.
public protocol Program: Sendable {
  func run(on rank: Rank) async throws
}

/// A program given as a closure.
struct ClosureProgram: Program {
  let body: @Sendable (Rank) async throws -> Void

  func run(on rank: Rank) async throws { try await body(rank) }
}
