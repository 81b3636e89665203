/// What it costs to have rested: a core that has been idle for a while is in a state that it takes time to leave when an
/// interrupt comes.
///
/// Processors have such states (ACPI C-states; the kernel's `cpuidle`, whose governors first poll for a while), and a
/// virtual machine's idle core has to be given back by its host. Timers are no such interrupts: the system knows of them
/// beforehand, so who has slept goes on in time.
public struct Waking: Hashable, Sendable, Codable {
  /// Rest from which on it takes time to wake up.
  public var afterPicoseconds: Int64
  /// That time.
  public var picoseconds: Int64

  /// No cost unless given.
  public init(afterPicoseconds: Int64 = 0, picoseconds: Int64 = 0) {
    self.afterPicoseconds = afterPicoseconds
    self.picoseconds = picoseconds
  }

  /// The time that waking up takes after a rest.
  @inline(__always)
  public func delay(afterRestOf rest: Int64) -> Int64 { rest > afterPicoseconds ? picoseconds : 0 }
}
