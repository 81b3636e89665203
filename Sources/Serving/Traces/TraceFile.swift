/// A published trace of requests.
public struct TraceFile: Hashable, Sendable {
  /// Where it is.
  public let path: String
  /// Its format.
  public let format: TraceFormat

  /// - Throws: when the file cannot be read or its first line is of no known format.
  public init(path: String) throws(TraceError) {
    self.path = path
    var lines = try LineReader(path)
    guard let first = try lines.next(), let format = TraceFormat(firstLine: first) else {
      throw TraceError(
        file: path, line: 1, field: nil,
        "the format is not known; allowed: Azure's CSV (TIMESTAMP,ContextTokens,GeneratedTokens), BurstGPT's CSV "
          + "(Timestamp,...,Request tokens,Response tokens,...), Mooncake's JSON lines (timestamp, input_length, "
          + "output_length, hash_ids)")
    }
    self.format = format
  }

  /// Reads and checks the first requests, keeping none.
  ///
  /// - Returns: how many there are, at most `limit`.
  public func check(atMost limit: Int) throws(TraceError) -> Int {
    var reader = try TraceReader(self)
    var count = 0
    var earlier = -Double.infinity
    while count < limit, let entry = try reader.next() {
      guard entry.seconds >= earlier else {
        throw TraceError(
          file: path, line: reader.line, field: format.timeField,
          "is earlier than that of the request before; sort the trace by time")
      }
      earlier = entry.seconds
      count += 1
    }
    guard count > 0 else { throw TraceError(file: path, line: nil, field: nil, "there is no request in it") }
    return count
  }
}

/// One request of a trace.
struct TraceEntry: Hashable, Sendable {
  /// Since the first request of the trace.
  var seconds: Double
  var promptLength: Int
  var outputLength: Int
  var prefix: PromptPrefix?
}
