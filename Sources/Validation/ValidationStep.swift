/// What a validation is about to do, and how far it is.
public struct ValidationStep: Sendable {
  /// The run's position, from 0.
  public let run: Int
  /// How many runs there are.
  public let runCount: Int
  /// Share of all runs that is done, each counting alike.
  public let share: Double
  /// How long the rest will take; `nil` before anything is known of it.
  public let secondsLeft: Double?
  /// The run in a few words: `models, 2 hosts, 100 Mbps`.
  public let description: String
}
