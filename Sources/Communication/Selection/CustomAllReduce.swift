/// The all-reduce that inference engines have of their own for small messages within a node.
///
/// One shot, where every device reads everybody's whole buffer, up to 512 KiB among 4 devices and 256 KiB among 8 (always
/// among 2), two shots up to 8 MiB, and NCCL beyond (vLLM, `csrc/custom_all_reduce.cuh`; SGLang, TensorRT-LLM and gpt-fast
/// alike). It takes base + (n - 1) S / rate, or base + 2 (n - 1) / n S / rate. Figures: the same tables as
/// ``NCCLFigures``, vLLM 0.14 and 0.19 in CUDA graphs, bfloat16, 2, 4 and 8 of A100, H100 and H200.
struct CustomAllReduce {
  private struct Figures {
    /// Microseconds of one shot, and what each member adds.
    let oneShot: Double
    let member: Double
    /// Payload rate over line rate.
    let oneShotShare: Double
    /// Microseconds of two shots.
    let twoShot: Double
    let twoShotShare: Double
  }

  /// The largest message that it takes.
  static let largestMessage = 8 << 20

  private let layout: GroupLayout

  init(layout: GroupLayout) { self.layout = layout }

  /// How engines do a collective; `nil` where they leave it to NCCL.
  ///
  /// - Parameter algorithm: one or two shots, where that has been fixed.
  func plan(for shape: CollectiveShape, by algorithm: CollectiveAlgorithm? = nil) -> CollectivePlan? {
    guard shape.operation == .allReduce, case .equal(let byteCount) = shape.blocks, layout.machineCount == 1,
      layout.nodeFabric != .pci || shape.size == 2
    else { return nil }
    guard algorithm != nil || byteCount <= Self.largestMessage else { return nil }
    let isOneShot = algorithm.map { $0 == .oneShot } ?? isOneShot(byteCount, shape.size)
    let figures = figures
    let base = isOneShot ? figures.oneShot + figures.member * Double(shape.size) : figures.twoShot
    let share = isOneShot ? figures.oneShotShare : figures.twoShotShare
    let path = layout.withinNode.latency / .microseconds(1)
    return CollectivePlan(
      algorithm: isOneShot ? .oneShot : .twoShot,
      messageLatency: .microseconds(-min(path, NCCLCostModel.nominalPathLatency)), baseLatency: .microseconds(base),
      wireByteFactor: 1 / share)
  }

  private func isOneShot(_ byteCount: Int, _ size: Int) -> Bool {
    size == 2 || byteCount <= (size <= 4 ? 512 << 10 : 256 << 10) / 2
  }

  private var figures: Figures {
    switch layout.generation {
    case .volta, .ampere:
      Figures(oneShot: 4.65, member: 0.13, oneShotShare: 0.6, twoShot: 10.4, twoShotShare: 0.69)
    case .ada, .hopper, .blackwell, .cdna:
      Figures(oneShot: 4.35, member: 0.05, oneShotShare: 0.6, twoShot: 7.6, twoShotShare: 0.6)
    }
  }
}
