/// What NCCL's protocols reach on a machine's own fabric, as measured.
///
/// A ring of n members takes base + ramp(S) + steps (hop + S / n / rate) + own S / n / rate for S bytes, where
/// rate = share x the fabric's line rate.
///
/// Source: the tables of NCCL 2.27 and 2.29 in PyPI's `aisimulate` 0.13 (NVIDIA's AIConfigurator, Apache-2.0), nccl-tests of
/// 2, 4 and 8 devices: A100 SXM, H100 SXM and H200 SXM, B200, L40S. One set of figures for each generation, operation and
/// protocol, fitted for the least mean relative error; Volta is taken for Ampere. Instinct's rate is RCCL's of 2 and 8
/// MI300X (stas00/ml-engineering, `network/README.md`); its latencies are assumed to be Hopper's.
struct NCCLFigures: Hashable, Sendable {
  /// Microseconds before the first hop.
  var base: Double
  /// Microseconds of one hop.
  var hop: Double
  /// Payload rate over line rate.
  var share: Double
  /// How much of one step's time a member's own block takes, which moves in its memory alone.
  var own: Double
  /// Microseconds that larger collectives take longer, until all channels and their buffers are in use.
  var ramp = 0.0
  /// From how many bytes on.
  var rampBytes = 1

  /// Microseconds before the first hop of a collective of so many bytes.
  func base(byteCount: Int) -> Double { base + ramp * min(1, Double(byteCount) / Double(rampBytes)) }

  /// The figures of rings (and of the hops of trees) within a machine.
  static func ring(
    _ operation: CollectiveOperation, _ transport: NCCLProtocol, _ layout: GroupLayout
  ) -> NCCLFigures {
    switch layout.nodeFabric {
    case .pci:
      switch transport {
      case .lowLatency: NCCLFigures(base: 5, hop: 0.9, share: 0.45, own: 0.1)
      case .lowLatency128, .simple: NCCLFigures(base: 25, hop: 2, share: 0.82, own: 0)
      }
    case .xgmi:
      switch transport {
      case .lowLatency: NCCLFigures(base: 4.45, hop: 0.83, share: 0.426, own: 0.7, ramp: 1.2, rampBytes: 16 << 10)
      case .lowLatency128, .simple: NCCLFigures(base: 16.8, hop: 1.7, share: 0.78, own: 0)
      }
    case .nvlink:
      switch layout.generation {
      case .volta, .ampere: ampere(operation, transport)
      case .ada, .hopper, .cdna: hopper(operation, transport)
      case .blackwell: blackwell(operation, transport)
      }
    }
  }

  private static func ampere(_ operation: CollectiveOperation, _ transport: NCCLProtocol) -> NCCLFigures {
    switch (operation, transport) {
    case (.allGather, .lowLatency):
      NCCLFigures(base: 7.73, hop: 0.988, share: 0.453, own: 0.86, ramp: 3.89, rampBytes: 24 << 10)
    case (.allGather, .lowLatency128): NCCLFigures(base: 10.5, hop: 1.58, share: 0.496, own: 0.35)
    case (.allGather, .simple):
      NCCLFigures(base: 24.4, hop: 6.43, share: 0.766, own: 0.49, ramp: 32.6, rampBytes: 117 * 1024 * 1024)
    case (.reduceScatter, .lowLatency):
      NCCLFigures(base: 7.95, hop: 0.935, share: 0.452, own: 1.1, ramp: 2.41, rampBytes: 22 << 10)
    case (.reduceScatter, .lowLatency128): NCCLFigures(base: 10.9, hop: 1.91, share: 0.483, own: 0.43)
    case (.reduceScatter, .simple):
      NCCLFigures(base: 21.9, hop: 6.45, share: 0.741, own: 0.35, ramp: 4.8, rampBytes: 16 << 20)
    case (_, .lowLatency):
      NCCLFigures(base: 7.87, hop: 0.982, share: 0.465, own: 1.39, ramp: 3.17, rampBytes: 22 << 10)
    case (_, .lowLatency128): NCCLFigures(base: 18.8, hop: 0.814, share: 0.569, own: 1.34)
    case (_, .simple):
      NCCLFigures(base: 24.9, hop: 4.75, share: 0.756, own: 0.36, ramp: 14.9, rampBytes: 13 << 20)
    }
  }

  private static func hopper(_ operation: CollectiveOperation, _ transport: NCCLProtocol) -> NCCLFigures {
    switch (operation, transport) {
    case (.allGather, .lowLatency):
      NCCLFigures(base: 4.11, hop: 0.977, share: 0.428, own: 0.88, ramp: 1.07, rampBytes: 16 << 10)
    case (.allGather, .lowLatency128): NCCLFigures(base: 7.46, hop: 1.82, share: 0.736, own: 0.39)
    case (.allGather, .simple):
      NCCLFigures(base: 2.41, hop: 3.34, share: 0.818, own: 0.48, ramp: 13.7, rampBytes: 4357 << 10)
    case (.reduceScatter, .lowLatency):
      NCCLFigures(base: 4.26, hop: 0.886, share: 0.533, own: 1.09, ramp: 0.95, rampBytes: 13 << 10)
    case (.reduceScatter, .lowLatency128): NCCLFigures(base: 3.71, hop: 1.66, share: 0.625, own: 0.21)
    case (.reduceScatter, .simple):
      NCCLFigures(base: 2.94, hop: 3.2, share: 0.824, own: 0.65, ramp: 9.15, rampBytes: 4 << 20)
    case (_, .lowLatency):
      NCCLFigures(base: 4.45, hop: 0.833, share: 0.426, own: 0.7, ramp: 1.23, rampBytes: 16 << 10)
    case (_, .lowLatency128): NCCLFigures(base: 13.6, hop: 0.629, share: 0.64, own: 0.13)
    case (_, .simple):
      NCCLFigures(base: 16.8, hop: 1.69, share: 0.846, own: 0.4, ramp: 22.6, rampBytes: 54 << 20)
    }
  }

  private static func blackwell(_ operation: CollectiveOperation, _ transport: NCCLProtocol) -> NCCLFigures {
    switch (operation, transport) {
    case (.allGather, .lowLatency):
      NCCLFigures(base: 7.27, hop: 1.28, share: 0.339, own: 0.76, ramp: 1.19, rampBytes: 16 << 10)
    case (.allGather, .lowLatency128), (.reduceScatter, .lowLatency128):
      NCCLFigures(base: 15, hop: 2, share: 0.7, own: 0.4)
    case (.allGather, .simple):
      NCCLFigures(base: 11.9, hop: 5.13, share: 0.826, own: 0.64, ramp: 4.1, rampBytes: 3944 << 10)
    case (.reduceScatter, .lowLatency):
      NCCLFigures(base: 7.46, hop: 1.275, share: 0.385, own: 0.96, ramp: 0.87, rampBytes: 16 << 10)
    case (.reduceScatter, .simple):
      NCCLFigures(base: 11.8, hop: 5.36, share: 0.815, own: 0.81, ramp: 2.2, rampBytes: 5 << 20)
    case (_, .lowLatency):
      NCCLFigures(base: 7.54, hop: 1.286, share: 0.396, own: 0.57, ramp: 0.9, rampBytes: 16 << 10)
    case (_, .lowLatency128): NCCLFigures(base: 25, hop: 1.3, share: 0.75, own: 0.4)
    case (_, .simple):
      NCCLFigures(base: 4.7, hop: 4.93, share: 0.81, own: 0.66, ramp: 11.9, rampBytes: 1188 << 10)
    }
  }

  /// The figures of an all-reduce in NVSwitch; `nil` where the fabric has none that reduces.
  ///
  /// It takes base + (1 + 1 / n) S / rate, for each member's link carries the whole buffer once and its own block once.
  static func inSwitch(_ layout: GroupLayout) -> NCCLFigures? {
    guard layout.nodeFabric == .nvlink else { return nil }
    switch layout.generation {
    case .hopper: return NCCLFigures(base: 39.2, hop: 0, share: 0.658, own: 0, ramp: 33, rampBytes: 32 << 20)
    case .blackwell: return NCCLFigures(base: 25, hop: 0, share: 0.544, own: 0, ramp: 76, rampBytes: 36 << 20)
    case .volta, .ampere, .ada, .cdna: return nil
    }
  }

  /// The figures of sends and receives, of which all-to-all, gather and scatter consist. `hop` is for each other member.
  static func direct(_ layout: GroupLayout) -> NCCLFigures {
    switch (layout.nodeFabric, layout.generation) {
    case (.pci, _): NCCLFigures(base: 12, hop: 0.8, share: 0.87, own: 0)
    case (_, .volta), (_, .ampere):
      NCCLFigures(base: 11.9, hop: 0.29, share: 0.664, own: 0.23, ramp: 17.3, rampBytes: 2402 << 10)
    case (_, .blackwell):
      NCCLFigures(base: 14.5, hop: 0.5, share: 0.728, own: 0.9, ramp: 14.6, rampBytes: 40 << 20)
    case (_, .hopper), (_, .ada), (_, .cdna):
      NCCLFigures(base: 12.4, hop: 0, share: 0.706, own: 0.04, ramp: 16.9, rampBytes: 27 << 20)
    }
  }

  /// The same for messages of up to ``largestSmallMessage``, which go in LL.
  static func smallDirect(_ layout: GroupLayout) -> NCCLFigures {
    switch (layout.nodeFabric, layout.generation) {
    case (.pci, _): NCCLFigures(base: 6.5, hop: 0.8, share: 0.45, own: 0)
    case (_, .volta), (_, .ampere): NCCLFigures(base: 11, hop: 0.4, share: 0.465, own: 0)
    case (_, .blackwell): NCCLFigures(base: 8.6, hop: 0.4, share: 0.396, own: 0)
    case (_, .hopper), (_, .ada), (_, .cdna): NCCLFigures(base: 6.2, hop: 0.19, share: 0.426, own: 0)
    }
  }

  /// Bytes to one member up to which sends go in LL (`NCCL_P2P_LL_THRESHOLD` and its channels).
  static let largestSmallMessage = 32 << 10

  /// Gigabytes per second of the one channel that such a message takes.
  static func smallDirectRate(_ layout: GroupLayout) -> Double {
    layout.generation == .volta || layout.generation == .ampere ? 8.1 : 5.9
  }

  /// Payload rate over line rate as NCCL's own estimates have it (`src/graph/topo.h`: 20.0 GB/s of 25 for each NVLink of
  /// Ampere, 20.6 of 25 of Hopper, 40.1 of 50 of Blackwell).
  static func estimatedShare(_ layout: GroupLayout) -> Double {
    switch (layout.nodeFabric, layout.generation) {
    case (.nvlink, .hopper): 0.824
    case (.nvlink, .blackwell): 0.802
    default: 0.8
    }
  }

  /// Payload rate over line rate of network cards: 46 to 48 of 50 GB/s on 400 Gbps InfiniBand (nccl-tests issue 290).
  static let networkShare = 0.94

  /// Microseconds that the proxy and the card add to a message between nodes, beyond the path's latency: of LL from 69 us
  /// for 1 KiB over 16 H100 in two nodes with paths of 20 us, the others by NCCL's own ratios.
  static func networkOverhead(_ transport: NCCLProtocol) -> Double {
    switch transport {
    case .lowLatency: 6.6
    case .lowLatency128: 8
    case .simple: 14
    }
  }
}
