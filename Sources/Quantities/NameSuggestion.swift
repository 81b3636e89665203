import Inputs

/// The candidate a person most likely meant by `name`, or `nil` when none is near.
///
/// Candidates are compared by edit distance without regard to case, then with it, then by how many first letters they
/// share, then by their order: `gbps` suggests `Gbps` before `GBps`, and `Gps` suggests `Gbps` before `bps`. A
/// candidate is near when at most a third of the letters (and always one) differ.
/// O(n m) for each candidate.
public func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
  // Nobody means a short name by a long text, which would take long to compare.
  guard name.utf8.count <= 256 else { return nil }
  let allowed = max(1, name.count / 3)
  let lowercased = name.lowercased()
  var best: (distance: Int, casedDistance: Int, unlikePrefix: Int, name: String)?
  for candidate in candidates {
    let distance = editDistance(lowercased, candidate.lowercased())
    guard distance <= allowed, distance < max(name.count, candidate.count) else { continue }
    let casedDistance = editDistance(name, candidate)
    let unlikePrefix = -zip(name, candidate).prefix { $0 == $1 }.count
    if let best, (best.distance, best.casedDistance, best.unlikePrefix) <= (distance, casedDistance, unlikePrefix) {
      continue
    }
    best = (distance, casedDistance, unlikePrefix, candidate)
  }
  return best?.name
}

/// The candidates that a person may have meant by `name`: the nearest one, or else those that have it as a part, such as a
/// family's name, at most four of them.
public func likelyNames(for name: String, among candidates: some Sequence<String>) -> [String] {
  if let nearest = nearestName(to: name, among: candidates) { return [nearest] }
  let lowercased = name.lowercased()
  guard (3...256).contains(name.utf8.count) else { return [] }
  return Array(candidates.lazy.filter { $0.lowercased().contains(lowercased) }.prefix(4))
}

/// `unknown topology "swich": did you mean "switch"? Allowed: ...`.
public func unknownNameMessage(_ kind: String, _ name: String, allowed: [String]) -> String {
  let list = allowed.joined(separator: ", ")
  let unknown = "unknown \(kind) \"\(quotable(name))\""
  let likely = likelyNames(for: name, among: allowed)
  return likely.isEmpty ? "\(unknown); allowed: \(list)" : "\(unknown)\(didYouMean(likely)) Allowed: \(list)"
}

/// `: did you mean "a", "b" or "c"?`, the end of a sentence; nothing where there is nothing to suggest.
public func didYouMean(_ names: [String]) -> String {
  guard let last = names.last else { return "" }
  let others = names.dropLast().map { "\"\($0)\"" }.joined(separator: ", ")
  return ": did you mean \(others.isEmpty ? "" : "\(others) or ")\"\(last)\"?"
}

/// The least number of insertions, deletions, substitutions and swaps of neighbouring characters that turn one text
/// into the other (the optimal string alignment distance: Damerau 1964, Levenshtein 1966). O(n m) time, O(m) space.
public func editDistance(_ left: String, _ right: String) -> Int {
  let left = Array(left)
  let right = Array(right)
  var beforePrevious = [Int](repeating: 0, count: right.count + 1)
  var previous = Array(0...right.count)
  for i in left.indices {
    var current = [i + 1]
    current.reserveCapacity(right.count + 1)
    for j in right.indices {
      let substitution = previous[j] + (left[i] == right[j] ? 0 : 1)
      var distance = min(substitution, previous[j + 1] + 1, current[j] + 1)
      if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
        distance = min(distance, beforePrevious[j - 1] + 1)
      }
      current.append(distance)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[right.count]
}
