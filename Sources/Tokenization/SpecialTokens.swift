/// Tokens that are found in a text as they are written, before anything else is done to it.
struct SpecialTokens: Sendable {
  private let byFirst: [Unicode.Scalar: [(scalars: [Unicode.Scalar], id: Int)]]

  /// - Parameter tokens: what is written, and its id.
  init(_ tokens: [(text: String, id: Int)]) {
    var byFirst: [Unicode.Scalar: [(scalars: [Unicode.Scalar], id: Int)]] = [:]
    for token in tokens {
      let scalars = Array(token.text.unicodeScalars)
      if let first = scalars.first { byFirst[first, default: []].append((scalars, token.id)) }
    }
    // Of tokens that begin alike, the longest is meant.
    self.byFirst = byFirst.mapValues { $0.sorted { $0.scalars.count > $1.scalars.count } }
  }

  enum Part {
    case text(Substring)
    case token(Int)
  }

  /// The text's special tokens and what stands between them.
  func split(_ text: String) -> [Part] {
    guard !byFirst.isEmpty else { return text.isEmpty ? [] : [.text(text[...])] }
    let scalars = text.unicodeScalars
    var parts: [Part] = []
    var (start, position) = (scalars.startIndex, scalars.startIndex)
    while position < scalars.endIndex {
      guard let found = byFirst[scalars[position]]?.first(where: { scalars[position...].starts(with: $0.scalars) })
      else {
        position = scalars.index(after: position)
        continue
      }
      if start < position { parts.append(.text(text[start..<position])) }
      parts.append(.token(found.id))
      position = scalars.index(position, offsetBy: found.scalars.count)
      start = position
    }
    if start < scalars.endIndex { parts.append(.text(text[start...])) }
    return parts
  }
}
