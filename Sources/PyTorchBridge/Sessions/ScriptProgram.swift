import SimulationKernel
import Uniference

/// A program of which each rank is a process of its own that runs a script.
struct ScriptProgram: Program {
  let session: WorldSession

  func run(on rank: Rank) async throws {
    guard let process = rank.process else {
      preconditionFailure("scripts are programs of a simulation")
    }
    try await session.conversation(with: rank, process).run(welcome: session.welcomes[rank.index])
  }
}

extension WorldSession {
  /// The rank's conversation, made when it begins. Ranks begin in order.
  fileprivate func conversation(with rank: Rank, _ process: LogicalProcess) -> RankConversation {
    let conversation = RankConversation(rank: rank, process: process, link: links[rank.index], session: self)
    conversations.append(conversation)
    process.engine.lastResort = { [unowned self] in hearOtherThreads() }
    return conversation
  }
}

/// What a rank is told when it joins.
struct Welcome {
  let worldSize: Int
  let compute: ComputeMode
  let usesFakeTensors: Bool
  let usesRealClock: Bool
  /// The wall clock at which the run began, in nanoseconds since 1970.
  let epochNanoseconds: Int64
  /// How much longer than it asked for a script sleeps.
  let sleepOvershootNanoseconds: Int64

  /// The frame for one rank.
  ///
  /// - Parameter scale: the device's speed where it never changes, so that the rank may know its time without asking.
  func frame(for link: RankLink, scale: Double?) -> [UInt8] {
    var frame = FrameWriter(.welcome)
    frame.integer(Greeting.protocolVersion)
    frame.integer(link.number)
    frame.integer(UInt32(link.rank))
    frame.integer(UInt32(worldSize))
    frame.integer(compute.wireNumber)
    frame.flag(usesFakeTensors)
    frame.flag(usesRealClock)
    if case .measured = compute, let scale { frame.double(scale) } else { frame.double(0) }
    frame.integer(Int64(0))
    frame.integer(epochNanoseconds)
    frame.integer(sleepOvershootNanoseconds)
    return frame.finished()
  }
}

extension ComputeMode {
  fileprivate var wireNumber: UInt8 {
    switch self {
    case .measured: 0
    case .recorded: 1
    case .roofline: 2
    }
  }
}
