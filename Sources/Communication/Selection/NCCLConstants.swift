/// The measured figures of NCCL's tuning model: microseconds and gigabytes per second.
///
/// Source: NCCL 2.28, `src/graph/tuning.cc` (`baseLatencies`, `hwLatencies`, `llMaxBws`, `perChMax...Bws`,
/// `treeCorrectionFactor`).
enum NCCLConstants {
  enum Hardware: Sendable {
    case nvlink, pci, network
  }

  /// One figure for each protocol.
  struct ByProtocol: Sendable {
    let lowLatency: Double
    let lowLatency128: Double
    let simple: Double

    init(_ lowLatency: Double, _ lowLatency128: Double, _ simple: Double) {
      (self.lowLatency, self.lowLatency128, self.simple) = (lowLatency, lowLatency128, simple)
    }

    subscript(_ transport: NCCLProtocol) -> Double {
      switch transport {
      case .lowLatency: lowLatency
      case .lowLatency128: lowLatency128
      case .simple: simple
      }
    }
  }

  /// Latency of a collective before its first hop.
  static func baseLatency(_ algorithm: NCCLAlgorithm) -> ByProtocol {
    algorithm == .tree ? ByProtocol(6.8, 14, 8.4) : ByProtocol(6.6, 14, 8.4)
  }

  /// Latency of one hop.
  static func hopLatency(_ hardware: Hardware, _ algorithm: NCCLAlgorithm) -> ByProtocol {
    switch (hardware, algorithm) {
    case (.nvlink, .tree): ByProtocol(0.6, 1.25, 4)
    case (.nvlink, .ring): ByProtocol(0.6, 1.9, 3.4)
    case (.pci, .tree): ByProtocol(1, 1.9, 4)
    case (.pci, .ring): ByProtocol(1, 2.5, 5.7)
    case (.network, .tree): ByProtocol(5, 8.5, 14)
    case (.network, .ring): ByProtocol(2.7, 4, 14)
    }
  }

  /// Processor time of posting one operation to the network (`getNetOverhead`).
  static let networkOverhead = 1.0

  /// Most gigabytes per second; lists are for one, two, and more nodes.
  struct Limits: Sendable {
    /// Within one node.
    let lowLatency: Double
    let ringLowLatency128PerChannel: [Double]
    let treeLowLatency128PerChannel: [Double]
    let treePerChannel: [Double]
  }

  /// Most gigabytes per second of LL over two and over more nodes, with Intel hosts.
  static let lowLatencyBetweenNodes = [39, 20.4]

  static func limits(_ generation: GroupLayout.DeviceGeneration) -> Limits {
    switch generation {
    case .volta:
      Limits(
        lowLatency: 39, ringLowLatency128PerChannel: [20, 20, 20],
        treeLowLatency128PerChannel: [20, 20, 20], treePerChannel: [26.5, 18.5, 10])
    case .ampere, .ada:
      Limits(
        lowLatency: 87.7, ringLowLatency128PerChannel: [20, 20, 20],
        treeLowLatency128PerChannel: [20, 20, 20], treePerChannel: [24, 23.6, 17.8])
    case .hopper, .cdna:
      Limits(
        lowLatency: 141, ringLowLatency128PerChannel: [36.7, 36.7, 36.7],
        treeLowLatency128PerChannel: [36.7, 36.7, 29], treePerChannel: [38.7, 41.4, 36])
    case .blackwell:
      Limits(
        lowLatency: 282, ringLowLatency128PerChannel: [73.4, 73.4, 73.4],
        treeLowLatency128PerChannel: [73.4, 73.4, 58], treePerChannel: [77.4, 82.8, 72])
    }
  }

  /// How much of its bandwidth a tree reaches, as NVIDIA has measured it for powers of two; between them in proportion.
  static func treeCorrection(_ transport: NCCLProtocol, byteCount: Int) -> Double {
    guard byteCount >= 64 else { return 1 }
    let factors = treeCorrections(transport)
    let exponent = Int.bitWidth - 1 - (byteCount >> 6).leadingZeroBitCount
    guard exponent < factors.count else { return 1 }
    let start = 64 << exponent
    let above = Double(byteCount - start) / Double(start)
    return factors[exponent] * (1 - above) + (exponent + 1 < factors.count ? factors[exponent + 1] : 1) * above
  }

  /// For sizes of 2^(6 + index) bytes.
  private static func treeCorrections(_ transport: NCCLProtocol) -> [Double] {
    switch transport {
    case .lowLatency:
      [1, 1, 1, 1, 0.9, 0.8, 0.7, 0.7, 0.7, 0.7, 0.6, 0.5, 0.4, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1, 1, 1]
    case .lowLatency128:
      [1, 1, 1, 1, 1, 0.9, 0.8, 0.8, 0.8, 0.7, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.8, 0.9, 0.9, 0.9, 0.9, 1, 1]
    case .simple:
      [
        0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.8, 0.7, 0.6, 0.6, 0.5, 0.5, 0.5, 0.5, 0.6, 0.7, 0.8, 0.7, 0.7, 0.8, 0.9,
        0.9,
      ]
    }
  }
}
