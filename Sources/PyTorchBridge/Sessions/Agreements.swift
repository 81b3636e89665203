/// What ranks have said of calls that all of them have to make alike, such as the n-th `new_group`.
struct Agreements {
  private var said: [String: RankCall] = [:]

  /// Compares a rank's call with the first one under the same key.
  ///
  /// - Throws: ``DisagreeingCalls`` when it is another one.
  mutating func note(_ call: CallDescription, of rank: Int, under key: String) throws(DisagreeingCalls) {
    guard let first = said[key] else {
      said[key] = RankCall(rank: rank, call: call)
      return
    }
    guard first.call.operationAndOperand == call.operationAndOperand, first.call.details == call.details else {
      throw DisagreeingCalls(first: first, second: RankCall(rank: rank, call: call))
    }
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
