/// What `uniference doctor` has found out about one thing.
struct Finding: Encodable, Hashable, Sendable {
  /// Whether it is there.
  enum State: String, Encodable, Sendable {
    /// It is there and works.
    case ok
    /// It is there, but something is wrong with it, or it has not been tested.
    case doubtful
    /// It is not there.
    case missing
  }

  /// What was looked for.
  let name: String
  /// Whether it is there.
  let state: State
  /// What was found: a version, a path, an amount.
  let found: String
  /// Which commands need it.
  let neededFor: String
  /// What to do, where it is not there or not right.
  let remedy: String?

  private enum CodingKeys: String, CodingKey {
    case name, state, found, remedy
    case neededFor = "needed_for"
  }

  /// It is there and works.
  static func ok(_ name: String, _ found: String, for purpose: String) -> Finding {
    Finding(name: name, state: .ok, found: found, neededFor: purpose, remedy: nil)
  }

  /// Something is wrong with it, or it has not been tested.
  static func doubtful(_ name: String, _ found: String, for purpose: String, remedy: String) -> Finding {
    Finding(name: name, state: .doubtful, found: found, neededFor: purpose, remedy: remedy)
  }

  /// It is not there.
  static func missing(_ name: String, for purpose: String, remedy: String) -> Finding {
    Finding(name: name, state: .missing, found: "", neededFor: purpose, remedy: remedy)
  }
}
