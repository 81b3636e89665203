import Communication
import Simulation

/// A process group as one of its members uses it.
final class RankGroup {
  let name: String
  let library: GroupRequest.Library
  let communicator: any Communicator
  /// The member's latest collectives, for reports.
  private var calls: [Int: CallDescription] = [:]
  private var callCount = 0

  /// A member is behind another one by fewer collectives than this when they are found to differ.
  private static let remembered = 256

  init(name: String, library: GroupRequest.Library, communicator: any Communicator) {
    self.name = name
    self.library = library
    self.communicator = communicator
  }

  func note(_ call: CallDescription) {
    calls[callCount] = call
    calls[callCount - Self.remembered] = nil
    callCount += 1
  }

  func call(_ number: Int) -> CallDescription? { calls[number] }
}

extension RankConversation {
  func define(_ request: GroupRequest) async throws {
    let name = session.groupNames.name(
      link.text(request.name) ?? "\(request.number)", of: link.text(request.initialization) ?? "")
    let world = rank.world
    let location = SourceLocation()
    let communicator: any Communicator
    if let world = world as? any AlgorithmChoosingCommunicator {
      communicator = try await world.subgroup(
        request.worldRanks, name: name, selector: session.selector(for: request.library), at: location)
    } else {
      communicator = try await world.subgroup(request.worldRanks, name: name, at: location)
    }
    groups[request.number] = RankGroup(name: name, library: request.library, communicator: communicator)
  }

  /// Compares what the rank says of a call that all ranks have to make alike with what others have said.
  func declare(_ declaration: DeclarationRequest, site: UInt32) throws {
    let call = CallDescription(
      operation: link.text(declaration.operation) ?? "?", operand: link.text(declaration.arguments) ?? "",
      site: link.text(site))
    note(call)
    try session.agreements.note(call, of: rank.index, under: link.text(declaration.key) ?? "")
  }

  func group(_ number: UInt32) throws -> RankGroup {
    guard let group = groups[number] else {
      throw RefusedCall("group \(number) has not been made on rank \(rank.index)")
    }
    return group
  }

  /// The mismatch with both calls as their scripts made them.
  func explain(_ mismatch: CollectiveMismatch, in group: RankGroup, _ call: CallDescription) -> any Error {
    let other = mismatch.ranks.first
    let sameGroup = session.conversations[other].groups.values.first {
      $0.name == group.name && $0.communicator.worldRanks == group.communicator.worldRanks
    }
    guard let first = sameGroup?.call(mismatch.number) else { return mismatch }
    return MismatchedCalls(
      number: mismatch.number, first: RankCall(rank: other, call: first),
      second: RankCall(rank: rank.index, call: call))
  }
}
