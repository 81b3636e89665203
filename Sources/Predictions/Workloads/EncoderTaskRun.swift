import Models
import Uniference

/// An encoder's program, and the outcome of a rank that knows all embeddings.
///
/// Sendable without checks because ranks run one at a time on one thread.
final class EncoderTaskRun: WorkloadRun, @unchecked Sendable {
  private let task: EncoderTask
  private let program: @Sendable (ModelContext) async throws -> EncodingOutcome
  private var outcome: EncodingOutcome?

  init(_ task: EncoderTask, program: @escaping @Sendable (ModelContext) async throws -> EncodingOutcome) {
    self.task = task
    self.program = program
  }

  func run(in context: ModelContext, on rank: Rank) async throws {
    let outcome = try await program(context)
    if self.outcome == nil, !outcome.embeddings.isEmpty { self.outcome = outcome }
  }

  func values(_ report: SimulationReport, on ranks: [Int]) -> [Metric: Double] {
    let count = Double(task.embeddingCount)
    var values = report.commonValues(on: ranks)
    values[.latency] = report.total_s
    if report.total_s > 0 { values[.embeddingsPerSecond] = count / report.total_s }
    values[.energyPerEmbedding] = report.energy_j / count
    return values
  }

  var output: (any WorkloadOutput)? {
    outcome.map {
      Embeddings(
        tokens: task.tokens, embeddings: $0.embeddings, similarity: $0.similarity.isEmpty ? nil : $0.similarity)
    }
  }
}

/// What an encoder computed.
public struct Embeddings: WorkloadOutput {
  /// Each text's tokens.
  public let tokens: [[Int]]?
  /// The embeddings of each kind of thing (`sentence`, `image`, `text`), a row each.
  public let embeddings: [String: [[Float]]]
  /// How alike each image (a row) and each text (a column) are, before any softmax; only of two towers.
  public let similarity: [[Float]]?

  /// How alike the inputs are, a row and a column for each.
  public static func presentation(of outputs: [(strategy: String, output: Embeddings)]) -> OutputPresentation {
    guard let found = outputs.first?.output else { return OutputPresentation() }
    let sentences = found.embeddings["sentence"]
    let rows = sentences.map(cosines) ?? found.similarity ?? []
    let names = sentences == nil ? (row: "image", column: "text") : (row: "text", column: "text")
    let matrix = OutputPresentation.Matrix(
      title: "how alike", columns: (0..<(rows.first?.count ?? 0)).map { "\(names.column) \($0 + 1)" },
      rows: rows.enumerated().map { index, row in
        ("\(names.row) \(index + 1)", row.map { formatNumber(Double($0), significantDigits: 3) })
      })
    let difference = largestDifference(outputs.map(\.output)).map {
      "The strategies' embeddings differ by \(formatNumber(Double($0), significantDigits: 2)) at most."
    }
    return OutputPresentation(matrix: matrix, remarks: difference.map { [$0] } ?? [])
  }

  /// The largest difference between embeddings of the first strategy and another one; `nil` with fewer than two.
  private static func largestDifference(_ found: [Embeddings]) -> Float? {
    found.dropFirst().map { other in
      found[0].embeddings.map { kind, rows in
        zip(rows.joined(), (other.embeddings[kind] ?? []).joined()).map { abs($0 - $1) }.max() ?? 0
      }.max() ?? 0
    }.max()
  }

  private static func cosines(_ rows: [[Float]]) -> [[Float]] {
    func product(_ left: [Float], _ right: [Float]) -> Float { zip(left, right).reduce(0) { $0 + $1.0 * $1.1 } }
    return rows.map { left in
      rows.map { product(left, $0) / (product(left, left) * product($0, $0)).squareRoot() }
    }
  }
}
