/// The parts of a script's run that summaries tell apart, by their names in reports and records.
///
/// A script's time begins and ends with Python itself: imports, reading files, tearing down. What users compare with other
/// clusters lies between.
public enum ScriptPhase: String, CaseIterable, Sendable {
  /// Until `init_process_group` has made the default group.
  case start
  /// From then on.
  case main
  /// From when `destroy_process_group` has taken the default group away.
  case end
}
