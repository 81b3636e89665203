/// From which size on payloads wait for their receiver.
enum Rendezvous {
  /// What takes less on the wire cannot be told from the cost of a call.
  private static let leastSeconds = 20e-6

  /// The threshold in bytes, by what a late receiver has to wait for: a payload that has come ahead is there at once, one
  /// that waits at its sender has its whole way before it. `nil` for never.
  static func threshold(_ measurements: Measurements, bytesPerSecond: Double) -> Int? {
    // What a shaper lets pass at once is there at once, too.
    let unshaped = 2 * ((measurements.statedBurstBytes ?? 0) + (measurements.statedPacketBytes ?? 0))
    let telling = measurements.figures.filter {
      $0.kind == .lateReceiver && Double($0.bytes ?? 0) / bytesPerSecond > leastSeconds && $0.bytes ?? 0 > unshaped
    }.sorted { $0.bytes ?? 0 < $1.bytes ?? 0 }
    let isEager = { (figure: MeasuredFigure) in
      figure.median_s < 0.5 * Double(figure.bytes ?? 0) / bytesPerSecond
    }
    guard let last = telling.lastIndex(where: isEager) else { return 0 }
    return last + 1 < telling.count ? telling[last + 1].bytes : nil
  }
}
