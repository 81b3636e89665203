/// A delay that something has only after something else has gone on for a while.
public struct DelayAfter: Hashable, Sendable {
  /// For how long it has to have gone on.
  public var afterPicoseconds: Int64
  /// The delay then.
  public var picoseconds: Int64

  /// No delay unless given.
  public init(afterPicoseconds: Int64 = 0, picoseconds: Int64 = 0) {
    self.afterPicoseconds = afterPicoseconds
    self.picoseconds = picoseconds
  }

  /// Whether there is ever any.
  @inline(__always)
  public var isZero: Bool { picoseconds == 0 }

  /// The delay after so much time.
  @inline(__always)
  public func delay(after duration: Int64) -> Int64 { duration > afterPicoseconds ? picoseconds : 0 }
}
