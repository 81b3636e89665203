import Models
import Uniference

/// A language model's program, and the outcome of the rank that chooses tokens.
///
/// Sendable without checks because ranks run one at a time on one thread.
final class TextGenerationRun: WorkloadRun, @unchecked Sendable {
  private let program: LlamaProgram
  private let checkpoint: LlamaCheckpoint?
  private var outcome: LlamaOutcome?

  init(program: LlamaProgram, checkpoint: LlamaCheckpoint?) {
    self.program = program
    self.checkpoint = checkpoint
  }

  func run(in context: ModelContext, on rank: Rank) async throws {
    let outcome = try await program.run(in: context)
    guard let first = outcome.timeToFirstToken else { return }
    if self.outcome == nil { self.outcome = outcome }
    rank.mark("first token", at: first)
  }

  func values(_ report: SimulationReport, on ranks: [Int]) -> [Metric: Double] {
    var values = report.commonValues(on: ranks)
    values[.totalTime] = report.total_s
    values[.timeToFirstToken] = outcome?.timeToFirstToken?.inSeconds
    values[.tokensPerSecond] = outcome?.tokensPerSecond
    values[.promptRate] = outcome?.promptRate(of: program.workload.promptLength)
    if let tokens = outcome?.tokenCount, tokens > 0 {
      values[.bytesSentPerToken] = Double(report.bytes_sent) / Double(tokens)
      values[.energyPerToken] = report.energy_j / Double(tokens)
      if report.total_s > 0 { values[.outputRate] = Double(tokens) / report.total_s }
    }
    return values
  }

  var output: (any WorkloadOutput)? {
    guard let outcome, !outcome.tokens.isEmpty else { return nil }
    return GeneratedText(
      tokens: outcome.tokens, text: outcome.tokens.map { checkpoint?.text(of: $0) ?? "" }, logits: outcome.logits)
  }
}

/// What a language model wrote.
public struct GeneratedText: WorkloadOutput {
  /// Each sequence's generated tokens.
  public let tokens: [[Int]]
  /// The text of each sequence's tokens up to the one that ends it.
  public let text: [String]
  /// The logits that the first sequence's tokens were chosen by, one row for each step; empty unless they were kept. Not
  /// encoded.
  public let logits: [[Float]]

  private enum CodingKeys: String, CodingKey { case tokens, text }

  /// The texts, once where all strategies agree.
  public static func presentation(of outputs: [(strategy: String, output: GeneratedText)]) -> OutputPresentation {
    guard let first = outputs.first else { return OutputPresentation() }
    let odd = outputs.filter { $0.output.tokens != first.output.tokens }.map(\.strategy)
    let disagreement =
      "\(odd.joined(separator: ", ")) generated other tokens than \(first.strategy): \(odd.count) of \(outputs.count)."
    let agreement = outputs.count > 1 ? ["All strategies generated the same tokens."] : []
    return OutputPresentation(
      quotations: first.output.text, remarks: odd.isEmpty ? agreement : [disagreement])
  }
}

extension LlamaOutcome {
  /// Prompt tokens of the whole batch over the time to the first token; `nil` where that took no time.
  fileprivate func promptRate(of length: Int) -> Double? {
    guard let first = timeToFirstToken, first > .zero else { return nil }
    return Double(batchSize * length) / first.inSeconds
  }

  /// Tokens per second of the whole batch after the first one; with a single one, that over the time it took; `nil` where
  /// they took no time.
  fileprivate var tokensPerSecond: Double? {
    guard let first = tokenTimes.first, let last = tokenTimes.last else { return nil }
    let (count, time) = tokenTimes.count > 1 ? (tokenTimes.count - 1, last - first) : (1, first)
    return time > .zero ? Double(batchSize) * Double(count) / time.inSeconds : nil
  }
}
