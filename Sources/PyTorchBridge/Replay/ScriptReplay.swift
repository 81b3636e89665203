import Inputs
import Results
import SimulationKernel
import Uniference

/// A script's run from its record, to be timed on another cluster without Python.
///
/// Each rank makes the calls that it made when it was recorded, and computes what it computed in between: the measured
/// times, at the speed of the new devices, or torch's operations, by their figures. A script that looks at the time, or at
/// whether something has ended, may have made other calls on the other cluster: ``warnings`` says so.
public struct ScriptReplay {
  private let calls: CallFile
  private let record: RunRecord
  private let mode: ComputeMode

  /// - Throws: `RunRecordError` for a record that cannot be replayed, or is damaged.
  public init(_ record: RunRecord) throws {
    self.record = record
    guard record.manifest.status == .complete else {
      throw RunRecordError(path: record.path, problem: "is of a run that did not come to its end")
    }
    calls = try CallFile(ofRecord: record.path)
    guard !calls.hasInterruptions else {
      throw RunRecordError(
        path: record.path,
        problem: "is of a script whose threads interrupted one another's waits, at moments that a replay does not know")
    }
    let source = record.manifest.inputs.compute?.source
    mode =
      source == ComputeBasis.Source.roofline.rawValue
      ? .roofline : .recorded(try ComputeRecording(contentsOf: record.path))
  }

  /// How many ranks the script had.
  public var rankCount: Int { calls.ranks.count }

  /// Where compute time comes from on a cluster.
  ///
  /// - Throws: what is wrong with the cluster, such as too few devices.
  public func basis(on cluster: Cluster) throws -> ComputeBasis { mode.basis(on: try used(of: cluster)) }

  /// The devices that the ranks are on.
  private func used(of cluster: Cluster) throws -> Cluster {
    let used = try cluster.keepingDevices(rankCount)
    guard calls.usesStreams else { return used }
    _ = try DescribedGPUs(of: cluster, rankCount: rankCount)
    return used.executingEagerly
  }

  /// Times the script on the first devices of a cluster.
  ///
  /// - Throws: what is wrong with the cluster, such as too few devices; ``ScriptRunFailure`` when the calls do not come to
  ///   their end there.
  public func run(on cluster: Cluster, _ options: SimulationOptions) throws -> SimulationReport {
    let used = try used(of: cluster)
    let links = calls.ranks.enumerated().map { rank, calls in
      RankLink(rank: rank, replaying: ReplayedCalls(calls))
    }
    let session = WorldSession(
      links: links, compute: mode, parallelRanks: .max, chosenCollectives: used.network.chosenCollectives,
      usesStreams: calls.usesStreams, control: nil, folder: nil, interruption: options.interruption)
    var options = options
    options.computeBasis = mode.basis(on: used)
    let path = "\(record.path)/\(CallFile.name)"
    options.attachments = [(CallFile.name, { try [UInt8](InputFile.contents(of: path, atMost: CallFile.longest)) })]
    return try session.simulate(on: used, usesFakeTensors: true, usesRealClock: false, options)
  }

  /// What a replay cannot know of this script: a line each.
  public var warnings: [String] {
    let questions = calls.ranks.reduce(into: CallQuestions()) { $0.add($1.frames) }
    return questions.warnings
  }
}

/// How often a script asked what depends on the cluster.
private struct CallQuestions {
  private var time = 0
  private var others = 0

  mutating func add(_ frames: ArraySlice<UInt8>) {
    var reader = FrameReader(frames)
    while !reader.isAtEnd, let frame = try? reader.counted() {
      guard frame.first != FrameKind.operations.rawValue, let decoded = try? RankFrame(frame),
        case .request(let request) = decoded
      else { continue }
      switch request.content {
      case .now, .event: time += 1
      case .test, .waitForAny: others += 1
      case .store(let access) where [.check, .count, .listKeys].contains(access.operation): others += 1
      default: break
      }
    }
  }

  var warnings: [String] {
    var lines: [String] = []
    if time > 0 {
      lines.append(
        "the script asked \(time) times what time it is; what it did by the answers is repeated as it was recorded")
    }
    if others > 0 {
      lines.append(
        "the script asked \(others) times whether others had done something; it is asked as often here, though on this "
          + "cluster the script may have asked more or fewer times")
    }
    return lines
  }
}
