import Quantities
import SimulationKernel

/// The requests of a load one after another, the same for every seed and engine. Nothing is kept of those that have been given
/// out.
///
/// Arrivals, prompts and outputs have random numbers of their own, so that changing one leaves the others as they were.
public struct RequestSource {
  private enum Stream: UInt64 {
    case arrivals = 0x5E41, prompts, outputs, prefixes
  }

  private let load: RequestLoad
  private var arrivals: RandomStream
  private var prompts: RandomStream
  private var outputs: RandomStream
  private var prefixes: RandomStream
  private var trace: TraceReader?
  private var number = 0
  private var latest = VirtualTime.zero

  /// - Throws: when the load's trace cannot be read.
  public init(_ load: RequestLoad, seed: UInt64) throws(TraceError) {
    self.load = load
    func stream(_ stream: Stream) -> RandomStream { RandomStream(seed: seed, stream: stream.rawValue) }
    arrivals = stream(.arrivals)
    prompts = stream(.prompts)
    outputs = stream(.outputs)
    prefixes = stream(.prefixes)
    if let file = load.trace { trace = try TraceReader(file) }
  }

  /// How many requests of a closed loop are there at the beginning; `nil` where arrivals do not wait for answers.
  public var concurrency: Int? {
    if case .closedLoop(let concurrency) = load.arrivals { concurrency } else { nil }
  }

  /// The next request; `nil` after the last one.
  ///
  /// - Parameter completion: of a closed loop, when the answer that its user waited for was there.
  public mutating func next(after completion: VirtualTime = .zero) throws(TraceError) -> ServingRequest? {
    guard number < load.requestCount else { return nil }
    var entry: TraceEntry?
    if trace != nil {
      entry = try trace?.next()
      if entry == nil { return nil }
    }
    let arrival = arrival(after: completion, entry)
    var length = load.prompt.sample(&prompts)
    var output = load.output.sample(&outputs)
    if case .trace = load.prompt, let entry { length = entry.promptLength }
    if case .trace = load.output, let entry { output = entry.outputLength }
    var prefix: PromptPrefix?
    if let shared = load.sharedPrefix {
      let group = UInt64.random(in: 0..<UInt64(shared.groups), using: &prefixes)
      length = max(length, shared.tokens + 1)
      prefix = PromptPrefix(pieceLength: shared.tokens, pieces: [group])
    } else if case .trace = load.prompt {
      prefix = entry?.prefix
    }
    defer { number += 1 }
    return ServingRequest(
      id: number, arrival: arrival, promptLength: length, outputLength: output, prefix: prefix)
  }

  private mutating func arrival(after completion: VirtualTime, _ entry: TraceEntry?) -> VirtualTime {
    switch load.arrivals {
    case .closedLoop: return completion
    case .trace(let speed):
      latest = max(latest, VirtualTime(seconds: (entry?.seconds ?? 0) / speed))
    default:
      // Bursts begin at once; others after a gap.
      let isFirst = if case .burst = load.arrivals { number == 0 } else { false }
      if !isFirst, let gap = load.arrivals.gap(before: number, &arrivals) {
        latest = latest.advanced(byPicoseconds: gap)
      }
    }
    return latest
  }
}
