import Quantities

/// What can be seen of the links at a glance: their rate, whether both directions share it, and which are slower.
struct LinkRates: Sendable {
  /// Payload of a full Ethernet frame's share, as in ``TransportProfile/glooTCP``.
  private static let payloadShare = 1448.0 / 1514.0
  /// Streams of messages this large show a link's rate.
  private static let leastBytes = 250_000

  /// Rate of the first two ranks' links on the wire: as stated, or as measured.
  let bytesPerSecond: Double
  let isStated: Bool
  let isFullDuplex: Bool
  /// Rates of the ranks whose links are slower than that.
  let slower: [Int: Double]

  /// - Throws: a ``CalibrationFailure`` without any stream of large messages, or when a link is slower than stated.
  init(_ measurements: Measurements) throws(CalibrationFailure) {
    let streams = Self.fastestStreams(measurements)
    guard let first = streams.first(where: { $0.ranks == [0, 1] }) else {
      throw CalibrationFailure(
        "\(measurements.path): there is no stream of \(DataSize(bytes: Self.leastBytes)) or more from rank 0 to rank 1, "
          + "from which the links' rate would be read; measure again, with the section messages")
    }
    let rate = Self.wireRate(first)
    if let stated = measurements.statedRate {
      for stream in streams { try Self.check(stream, carries: stated, measurements) }
      bytesPerSecond = stated.bytesPerSecond
    } else {
      bytesPerSecond = rate
    }
    isStated = measurements.statedRate != nil
    isFullDuplex = Self.isFullDuplex(measurements, rate)
    slower = Self.slowerLinks(streams, than: rate)
  }

  /// Of each pair of ranks the stream of large messages that carries most: a stall makes a stream slower than its link,
  /// but nothing makes it faster.
  private static func fastestStreams(_ measurements: Measurements) -> [MeasuredFigure] {
    let streams = measurements.figures.filter { $0.kind == .stream && ($0.bytes ?? 0) >= leastBytes && $0.median_s > 0 }
    return Dictionary(grouping: streams, by: \.ranks).sorted { $0.key.lexicographicallyPrecedes($1.key) }
      .compactMap { $0.value.max { wireRate($0) < wireRate($1) } }
  }

  private static func wireRate(_ stream: MeasuredFigure) -> Double {
    Double(stream.bytes ?? 0) / stream.median_s / payloadShare
  }

  private static func check(
    _ stream: MeasuredFigure, carries stated: Bandwidth, _ measurements: Measurements
  ) throws(CalibrationFailure) {
    let rate = wireRate(stream)
    guard rate < 0.85 * stated.bytesPerSecond else { return }
    let names = stream.ranks.map { "rank \($0) (\(measurements.hosts[$0].name))" }
    throw CalibrationFailure(
      """
      \(measurements.path): the link from \(names[0]) to \(names[1]) carries \(Bandwidth(bytesPerSecond: rate)), less \
      than the \(stated) that were stated; correct the link, or the rate; the measurements are kept
      """)
  }

  /// Two ways at once take as long as one way, unless they share the link.
  private static func isFullDuplex(_ measurements: Measurements, _ rate: Double) -> Bool {
    let largest = measurements.figures.filter { $0.kind == .bothWays && ($0.bytes ?? 0) >= leastBytes }
      .max { $0.bytes ?? 0 < $1.bytes ?? 0 }
    guard let largest else { return true }
    return largest.median_s < 1.6 * Double(largest.bytes ?? 0) / payloadShare / rate
  }

  /// A rank's link is as fast as the fastest stream that crosses it.
  private static func slowerLinks(_ streams: [MeasuredFigure], than rate: Double) -> [Int: Double] {
    var fastest: [Int: Double] = [:]
    for stream in streams {
      for rank in stream.ranks { fastest[rank] = max(fastest[rank] ?? 0, wireRate(stream)) }
    }
    return fastest.filter { $0.value < 0.85 * rate }
  }
}
