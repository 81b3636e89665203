/// What ranks have said of calls that all of them have to make alike, such as the n-th `new_group`.
struct Agreements {
  private struct Entry {
    let first: RankCall
    var ranks: Set<Int>
  }

  private var entries: [String: Entry] = [:]
  /// Keys of ``entries`` in the order of the first calls.
  private var keys: [String] = []

  /// Compares a rank's call with the first one under the same key.
  ///
  /// - Throws: ``DisagreeingCalls`` when it is another one.
  mutating func note(_ call: CallDescription, of rank: Int, under key: String) throws(DisagreeingCalls) {
    guard let entry = entries[key] else {
      entries[key] = Entry(first: RankCall(rank: rank, call: call), ranks: [rank])
      keys.append(key)
      return
    }
    guard entry.first.call.operationAndOperand == call.operationAndOperand else {
      throw DisagreeingCalls(first: entry.first, second: RankCall(rank: rank, call: call))
    }
    entries[key]?.ranks.insert(rank)
  }

  /// The first call of `new_group` that some ranks have left out, for whom it may concern; `nil` where there is none.
  ///
  /// - Parameter rankCount: how many ranks should have made each call.
  func omission(among rankCount: Int) -> String? {
    for key in keys {
      guard let entry = entries[key], entry.ranks.count < rankCount, entry.first.call.operation == "new_group" else {
        continue
      }
      let missing = (0..<rankCount).filter { !entry.ranks.contains($0) }
      let named = missing.prefix(8).map { "\($0)" }.joined(separator: ", ") + (missing.count > 8 ? ", ..." : "")
      return """
        rank \(entry.first.rank) called \(entry.first.call), but rank \(named) did not: all ranks have to call new_group, \
        also for groups that they are not in, or later groups do not find each other; or pass \
        use_local_synchronization=True
        """
    }
    return nil
  }
}

/// The names under which process groups are known to the engine.
///
/// Torch counts groups anew after each `init_process_group`, so that a name alone may stand for several groups.
struct GroupNames {
  private var initializations: [String: Int] = [:]

  /// - Parameter initialization: what tells one `init_process_group` from another, the same on all ranks.
  mutating func name(_ name: String, of initialization: String) -> String {
    let number = initializations[initialization] ?? initializations.count
    initializations[initialization] = number
    return number == 0 ? name : "\(name) of initialization \(number + 1)"
  }
}
