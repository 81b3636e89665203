import Quantities

/// A parameter of the network that is found by fitting: which one it is, what it may be, and what it is in the simulator.
///
/// To fit another mechanism, add a line to ``all``: the simulator is the model, so nothing else has to know it.
struct NetworkParameter: Sendable {
  /// Which one it is.
  let name: Name
  let unit: FigureUnit
  /// Where the search begins, in seconds, bytes and their quotients.
  let start: Double
  let bounds: ClosedRange<Double>
  /// A change that matters.
  let scale: Double
  /// How far from ``start`` it may well be; measurements that say nothing leave it there.
  let deviation: Double
  /// The figures that depend on it.
  let kinds: Set<FigureKind>
  let set: @Sendable (Double, inout NetworkModel) -> Void

  /// A parameter of links or of the transport.
  enum Name: Hashable {
    /// Each cluster has its own, however many are fitted together: links differ, libraries do not.
    case link(LinkParameter)
    case transport(TransportParameter)
  }

  /// Payload sizes at which the wire's factor may differ.
  static let wireSizes = [4096, 65_536, 1_048_576, 16_777_216]
  private static let frame = 1514.0 / 1448.0
  private static let messages = FigureKind.pointToPoint.union(FigureKind.collectives)

  /// Everything that is fitted.
  static let all: [NetworkParameter] =
    [
      NetworkParameter(
        name: .link(.bandwidth), unit: .bandwidth, start: 125e6, bounds: 1e3...1e13, scale: 1e6, deviation: 1e13,
        kinds: messages.subtracting([.sendCall])
      ) { $1.bytesPerSecond = $0 },
      NetworkParameter(
        name: .link(.latency), unit: .duration, start: 10e-6, bounds: 0...10, scale: 5e-6, deviation: 1,
        kinds: messages.subtracting([.sendCall])
      ) { $1.latency = 2 * $0 },
      NetworkParameter(
        name: .link(.burst), unit: .size, start: 0, bounds: 0...1e8, scale: 1000, deviation: 1e5,
        kinds: messages.subtracting([.sendCall])
      ) { $1.burstBytes = $0 },
      NetworkParameter(
        name: .transport(.sendPerMessage), unit: .duration, start: 30e-6, bounds: 0...1, scale: 5e-6,
        deviation: 1e-2, kinds: messages
      ) { $1.profile.host.send.picosecondsPerMessage = Picoseconds.nearest(seconds: $0) },
      NetworkParameter(
        name: .transport(.sendPerByte), unit: .perByte, start: 5e-11, bounds: 0...1e-6, scale: 1e-11,
        deviation: 1e-9, kinds: messages
      ) { $1.profile.host.send.picosecondsPerByte = $0 * 1e12 },
      NetworkParameter(
        name: .transport(.receivePerMessage), unit: .duration, start: 30e-6, bounds: 0...1, scale: 5e-6,
        deviation: 1e-2, kinds: messages.subtracting([.sendCall])
      ) { $1.profile.host.receive.picosecondsPerMessage = Picoseconds.nearest(seconds: $0) },
      NetworkParameter(
        name: .transport(.receivePerByte), unit: .perByte, start: 5e-11, bounds: 0...1e-6, scale: 1e-11,
        deviation: 1e-9, kinds: messages.subtracting([.sendCall])
      ) { $1.profile.host.receive.picosecondsPerByte = $0 * 1e12 },
      NetworkParameter(
        name: .transport(.perClearToSend), unit: .duration, start: 5e-6, bounds: 0...1, scale: 5e-6, deviation: 1e-2,
        kinds: messages.subtracting([.sendCall])
      ) { $1.profile.host.picosecondsPerClearToSend = Picoseconds.nearest(seconds: $0) },
      NetworkParameter(
        name: .transport(.cStateExit), unit: .duration, start: 10e-6, bounds: 0...1, scale: 5e-6,
        deviation: 1e-2, kinds: messages.subtracting([.sendCall])
      ) { $1.profile.host.cStateExit.picoseconds = Picoseconds.nearest(seconds: $0) },
      NetworkParameter(
        name: .transport(.coldCache), unit: .duration, start: 20e-6, bounds: 0...1, scale: 5e-6,
        deviation: 1e-2, kinds: [.coldAllReduce]
      ) { $1.profile.host.coldCache.picoseconds = Picoseconds.nearest(seconds: $0) },
      NetworkParameter(
        name: .transport(.perCollective), unit: .duration, start: 30e-6, bounds: 0...1, scale: 5e-6,
        deviation: 1e-2, kinds: FigureKind.collectives
      ) { $1.profile.host.picosecondsPerCollective = Picoseconds.nearest(seconds: $0) },
      NetworkParameter(
        name: .transport(.perCopy), unit: .duration, start: 5e-6, bounds: 0...1, scale: 5e-6,
        deviation: 1e-2, kinds: [.allGather]
      ) { $1.profile.host.picosecondsPerCopy = Picoseconds.nearest(seconds: $0) },
      NetworkParameter(
        name: .transport(.reducePerByte), unit: .perByte, start: 1e-10, bounds: 0...1e-6, scale: 2e-11,
        deviation: 1e-9, kinds: [.allReduce, .coldAllReduce, .reduce]
      ) { $1.profile.host.reducePicosecondsPerByte = $0 * 1e12 },
      NetworkParameter(
        name: .transport(.copyPerByte), unit: .perByte, start: 1e-10, bounds: 0...1e-6, scale: 2e-11,
        deviation: 1e-9, kinds: [.allGather, .copy]
      ) { $1.profile.host.copyPicosecondsPerByte = $0 * 1e12 },
    ] + wireSizes.indices.map(wireFactor)

  /// Bytes on the wire for each of payload at one size; between sizes the line through them counts.
  private static func wireFactor(_ index: Int) -> NetworkParameter {
    NetworkParameter(
      name: .transport(.wireFactor(index)), unit: .ratio, start: frame, bounds: 0.1...10, scale: 0.01,
      deviation: 0.15, kinds: messages.subtracting([.sendCall])
    ) { value, model in model.wireFactors[index] = value }
  }
}
