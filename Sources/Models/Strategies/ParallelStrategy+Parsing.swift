import Inputs
import Quantities

extension ParallelStrategy {
  /// What may be written, for help texts.
  public static let allowedForms =
    "single, tensor=N, pipeline=N, tensor=N,pipeline=N, each pipeline also with ,microbatches=N, "
    + "sequence=N, sequence=N,overlap, towers"

  /// More than clusters have devices, and batches sequences.
  static let largestDegree = 10_000_000

  /// Parses the text form. Blanks around parts are ignored and their order does not matter.
  ///
  /// - Throws: naming the part that is not understood and what is allowed.
  public init(parsing text: String) throws(StrategyError) {
    guard text.utf8.count <= 256 else {
      throw StrategyError(quotable(text), "is too long; allowed: \(Self.allowedForms)")
    }
    var degrees: [String: Int] = [:]
    var words: Set<String> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(Self.trimmed)
      let isNew = words.insert(sides[0]).inserted
      guard isNew else { throw StrategyError(text, "\"\(sides[0])\" is given twice") }
      if sides.count == 2 {
        guard ["tensor", "pipeline", "microbatches", "sequence"].contains(sides[0]) else {
          throw StrategyError(text, "\"\(sides[0])\" is unknown; allowed: \(Self.allowedForms)")
        }
        guard let degree = Int(sides[1]), degree > 0 else {
          throw StrategyError(text, "\(sides[0]) = \"\(sides[1])\" must be a positive integer")
        }
        guard degree <= Self.largestDegree else {
          throw StrategyError(text, "\(sides[0]) = \(degree) must be at most \(Self.largestDegree)")
        }
        degrees[sides[0]] = degree
      } else {
        guard ["single", "overlap", "towers"].contains(sides[0]) else {
          throw StrategyError(text, "\"\(sides[0])\" is unknown; allowed: \(Self.allowedForms)")
        }
      }
    }
    guard let strategy = Self.combined(degrees, words) else {
      throw StrategyError(text, "these parts do not go together; allowed: \(Self.allowedForms)")
    }
    self = strategy
  }

  private static func combined(_ degrees: [String: Int], _ words: Set<String>) -> ParallelStrategy? {
    if words == ["single"] { return .single }
    if words == ["towers"] { return .towers }
    if let degree = degrees["sequence"] {
      guard words.isSubset(of: ["sequence", "overlap"]) else { return nil }
      return .sequence(degree: degree, overlapped: words.contains("overlap"))
    }
    guard words.isSubset(of: ["tensor", "pipeline", "microbatches"]) else { return nil }
    guard degrees["pipeline"] != nil || (degrees["tensor"] != nil && degrees["microbatches"] == nil) else {
      return nil
    }
    return .grid(
      tensor: degrees["tensor"] ?? 1, pipeline: degrees["pipeline"] ?? 1, microbatches: degrees["microbatches"] ?? 1)
  }

  private static func trimmed(_ text: Substring) -> String {
    String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}
