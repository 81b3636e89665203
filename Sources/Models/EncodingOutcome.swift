import Tensors

/// What one rank saw of an encoder's run.
public struct EncodingOutcome: Hashable, Sendable {
  /// The embeddings, a row each, by what they are of: `sentence`, `image`, `text`. Empty on ranks that compute none, and
  /// where tensors have no values.
  public let embeddings: [String: [[Float]]]
  /// How alike each image and each text are, a row for each image; empty for an encoder of one kind of thing.
  public let similarity: [[Float]]
  /// From this rank's start to its end.
  public let total: Duration

  init(
    embeddings: [String: [[Float]]?] = [:], similarity: [[Float]]? = nil, start: Duration, end: Duration
  ) {
    self.embeddings = embeddings.compactMapValues(\.self)
    self.similarity = similarity ?? []
    total = end - start
  }
}

extension Tensor {
  /// The rows along the last axis; `nil` where tensors have no values.
  func valueRows() throws -> [[Float]]? {
    guard hasValues else { return nil }
    let (values, length) = (try floats(), max(1, shape.last ?? 1))
    return stride(from: 0, to: values.count, by: length).map { Array(values[$0..<$0 + length]) }
  }
}
