/// All-reduce and reduce as gloo does them: a ring reduce-scatter in segments, two in flight so that reducing one
/// overlaps receiving the next, then a ring all-gather or a gather to the root.
///
/// The buffer of S bytes has K segments, K / N of them for each of N members, all of the same whole number of elements
/// but for the last ones, which may be short or empty; empty ones are not sent.
/// * All-reduce: K = roundUp(max(ceil(S / limit), 2 N), N), segments of ceil(S / K) bytes rounded up to an element,
///   2 (K - K / N) messages a member, at least 4 (N - 1). Source: `gloo/allreduce.cc` (`ring`).
/// * Reduce: segments of min(ceil(S / 2 N), limit) bytes rounded up, K as many as that takes, K - 2 messages in the
/// first phase: where K exceeds 2 N, gloo passes on K / N - 2 segments that are complete already. Source:
/// `gloo/reduce.cc`.
struct SegmentedRing: ExchangeSchedule {
  let layout: BlockLayout
  private let rank: Int32
  private let size: Int32
  private let segmentsPerMember: Int32
  /// `nil` for an all-reduce.
  private let root: Int32?

  /// - Parameter segmentByteCount: the limit, rounded down to whole elements.
  init(rank: Int, size: Int, root: Int?, byteCount: Int, elementByteCount: Int, segmentByteCount: Int) {
    let limit = max(1, segmentByteCount / elementByteCount) * elementByteCount
    var segment = min(byteCount.dividedRoundingUp(by: 2 * size), limit).roundedUp(toMultipleOf: elementByteCount)
    let wanted = byteCount.dividedRoundingUp(by: root == nil ? limit : max(1, segment))
    let count = max(wanted, 2 * size).roundedUp(toMultipleOf: size)
    if root == nil { segment = byteCount.dividedRoundingUp(by: count).roundedUp(toMultipleOf: elementByteCount) }
    layout = .segments(count: count, byteCount: segment, total: byteCount)
    self.rank = Int32(rank)
    self.size = Int32(size)
    self.root = root.map { Int32($0) }
    segmentsPerMember = Int32(clamping: count / size)
  }

  var window: Int { 2 }
  var sendCompletion: SendCompletion { .afterCombining }

  /// Messages of the reduce-scatter, and of the all-gather.
  private var phaseLength: Int {
    if size == 1 { return 0 }
    return layout.count - (root == nil ? Int(segmentsPerMember) : window)
  }
  /// First step of the second phase, which begins when the first one has ended.
  private var secondPhase: Int { phaseLength + window }
  private var gatherLength: Int { root == rank ? Int(size) - 1 : 1 }

  var endStep: Int { secondPhase + (root == nil ? phaseLength : gatherLength) }
  var endIteration: Int { root == nil ? endStep + window : endStep + gatherLength }

  /// The gather posts all its messages at once.
  func stepEnding(in iteration: Int) -> Int {
    if root == nil || iteration < secondPhase { return iteration - window }
    return iteration < endStep ? -1 : iteration - gatherLength
  }

  func exchange(at step: Int) -> Exchange {
    if step < phaseLength { return pass(from: Int(rank) + 1, step: step, index: step, combining: true) }
    if step < secondPhase { return .nothing }
    guard let root else { return pass(from: Int(rank), step: step, index: step - secondPhase, combining: false) }
    return gather(index: step - secondPhase, root: Int(root))
  }

  /// Sends the segment `index` places after the first one of member `chunk`; the next chunk's comes in.
  private func pass(from chunk: Int, step: Int, index: Int, combining: Bool) -> Exchange {
    let size = Int(size)
    let perMember = Int(segmentsPerMember)
    let count = layout.count
    var sent = chunk * perMember + index
    while sent >= count { sent -= count }
    let received = sent + perMember < count ? sent + perMember : sent + perMember - count
    let left = rank == 0 ? size - 1 : Int(rank) - 1
    let right = Int(rank) == size - 1 ? 0 : Int(rank) + 1
    return Exchange(
      send: Transfer(peer: left, round: step, layout: layout, start: sent),
      receive: Transfer(peer: right, round: step, layout: layout, start: received),
      combines: combining)
  }

  private func gather(index: Int, root: Int) -> Exchange {
    let perMember = Int(segmentsPerMember)
    let isRoot = Int(rank) == root
    let source = isRoot ? (index < root ? index : index + 1) : Int(rank)
    let transfer = Transfer(
      peer: isRoot ? source : root, round: secondPhase + source, layout: layout, start: source * perMember,
      count: perMember)
    return isRoot ? Exchange(receive: transfer) : Exchange(send: transfer)
  }
}

extension Int {
  func dividedRoundingUp(by divisor: Int) -> Int { (self + divisor - 1) / divisor }
  func roundedUp(toMultipleOf unit: Int) -> Int { dividedRoundingUp(by: unit) * unit }
}
