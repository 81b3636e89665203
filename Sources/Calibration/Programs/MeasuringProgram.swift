import Uniference

/// The program of the measuring scripts, for one figure, as a Swift program: the same messages in the same order.
///
/// Ranks are those of the figure, counted from 0. What `python/uniference/calibration` does and this do not have in common
/// would be fitted into the figures, so a change of one is a change of the other.
struct MeasuringProgram: Program {
  private static let tag = 7
  /// By how much a sender is ready before a late receiver.
  private static let headStart = Duration.milliseconds(5)
  /// How long after a barrier rank 0 begins a collective, and how much later each rank begins than the one before.
  private static let lead = Duration.milliseconds(2)
  private static let stagger = Duration.milliseconds(1)
  /// How long ranks compute before a collective that finds cold caches.
  private static let computing = Duration.milliseconds(3)
  let figure: MeasuredFigure
  let stopwatch: Stopwatch
  /// Repetitions until everything repeats itself.
  var repetitions = 3

  func run(on rank: Rank) async throws {
    for _ in 0..<repetitions { try await repeatOnce(on: rank) }
    // Who is ready early begins what comes next, on cores that others may still need.
    if FigureKind.collectives.contains(figure.kind) { try await rank.world.barrier() }
  }

  private func repeatOnce(on rank: Rank) async throws {
    switch figure.kind {
    case .pingPong: try await pingPong(rank)
    case .preparedPingPong: try await preparedPingPong(rank)
    case .lateReceiver: try await lateReceiver(rank)
    case .stream: try await stream(rank, pair: (0, 1))
    case .sendCall: try await sendCall(rank)
    case .bothWays: try await bothWays(rank)
    case .twoIntoOne: try await twoIntoOne(rank)
    case .pairsAtOnce:
      try await meet(rank)
      let first = rank.index - rank.index % 2
      try await stream(rank, pair: (first, first + 1))
    case .barrier, .allReduce, .coldAllReduce, .allGather, .broadcast, .aloneAllReduce, .startCall:
      try await collective(rank)
    case .kernel, .kernelAtOnce, .copy, .reduce, .nothing, .sleepOvershoot: break
    }
  }

  private var ball: ByteCount { ByteCount(byteCount: figure.bytes ?? 0) }

  private func time(
    _ rank: Rank, since start: Duration? = nil, divisor: Int = 1, counts: Bool = true, _ body: () async throws -> Void
  ) async throws {
    let start = start ?? rank.now
    try await body()
    guard counts else { return }
    stopwatch.record((rank.now - start) / divisor, rank: rank.index)
  }

  // MARK: Messages

  private func pingPong(_ rank: Rank) async throws {
    if rank.index == 1 {
      _ = try await receive(rank, from: 0).wait()
      try await send(rank, to: 0).wait()
      return
    }
    try await time(rank, divisor: 2) {
      try await send(rank, to: 1).wait()
      _ = try await receive(rank, from: 1).wait()
    }
  }

  private func preparedPingPong(_ rank: Rank) async throws {
    let other = 1 - rank.index
    let receive = try receive(rank, from: other)
    try await meet(rank)
    if rank.index == 1 {
      _ = try await receive.wait()
      try await send(rank, to: 0).wait()
      return
    }
    try await time(rank, divisor: 2) {
      try await send(rank, to: 1).wait()
      _ = try await receive.wait()
    }
  }

  private func lateReceiver(_ rank: Rank) async throws {
    try await meet(rank)
    if rank.index == 0 { return try await send(rank, to: 1).wait() }
    try await rank.clock.sleep(for: Self.headStart)
    try await time(rank) { _ = try await receive(rank, from: 0).wait() }
  }

  private func stream(_ rank: Rank, pair: (sender: Int, receiver: Int)) async throws {
    let count = max(2, figure.count ?? 8)
    if rank.index == pair.sender {
      try await meet(rank, pair)
      let works = try (0..<count).map { _ in try send(rank, to: pair.receiver) }
      for work in works { try await work.wait() }
      return
    }
    let works = try (0..<count).map { _ in try receive(rank, from: pair.sender) }
    try await meet(rank, pair)
    _ = try await works[0].wait()
    try await time(rank, divisor: count - 1) {
      for work in works.dropFirst() { _ = try await work.wait() }
    }
  }

  private func sendCall(_ rank: Rank) async throws {
    if rank.index == 1 {
      let work = try receive(rank, from: 0)
      try await meet(rank)
      _ = try await work.wait()
      return
    }
    try await meet(rank)
    let start = rank.now
    let work = try send(rank, to: 1)
    stopwatch.record(rank.now - start, rank: 0)
    try await work.wait()
  }

  private func bothWays(_ rank: Rank) async throws {
    let other = 1 - rank.index
    try await meet(rank)
    try await time(rank) {
      let receive = try receive(rank, from: other)
      let send = try send(rank, to: other)
      _ = try await receive.wait()
      try await send.wait()
    }
  }

  private func twoIntoOne(_ rank: Rank) async throws {
    if rank.index > 0 {
      try await meet(rank)
      return try await send(rank, to: 0).wait()
    }
    let works = try [1, 2].map { try receive(rank, from: $0) }
    try await meet(rank)
    try await time(rank) {
      for work in works { _ = try await work.wait() }
    }
  }

  private func send(_ rank: Rank, to other: Int) throws -> Work<Void> {
    try rank.world.startSend(ball, to: other, tag: Self.tag, at: SourceLocation())
  }

  private func receive(_ rank: Rank, from other: Int) throws -> Work<Received<ByteCount>> {
    try rank.world.startReceive(ByteCount.self, from: other, tag: Self.tag, at: SourceLocation())
  }

  /// Ranks wait for each other by messages of a byte; all of them unless two are given.
  private func meet(_ rank: Rank, _ pair: (Int, Int)? = nil) async throws {
    let ranks = pair.map { [$0.0, $0.1] } ?? Array(0..<rank.worldSize)
    let token = ByteCount(byteCount: 1)
    guard rank.index == ranks[0] else {
      try await rank.world.send(token, to: ranks[0], tag: Self.tag + 1)
      _ = try await rank.world.receive(ByteCount.self, from: ranks[0], tag: Self.tag + 2)
      return
    }
    for other in ranks.dropFirst() {
      _ = try await rank.world.receive(ByteCount.self, from: other, tag: Self.tag + 1)
    }
    for other in ranks.dropFirst() { try await rank.world.send(token, to: other, tag: Self.tag + 2) }
  }

  // MARK: Collectives

  private func collective(_ rank: Rank) async throws {
    let values = FloatCount(elementCount: (figure.bytes ?? 0) / 4)
    var alone: (any Communicator)?
    if figure.kind == .aloneAllReduce {
      alone = try await rank.world.subgroup([rank.index], name: "alone\(rank.index)")
    } else {
      try await rank.world.barrier()
    }
    var start = rank.now
    let isStaggered = ![.aloneAllReduce, .startCall].contains(figure.kind)
    if isStaggered {
      try await rank.clock.sleep(for: Self.lead + Self.stagger * rank.index)
      start += Self.lead + Self.stagger * (rank.worldSize - 1)
    }
    if figure.kind == .coldAllReduce {
      try rank.compute(for: Self.computing)
      start = rank.now
    }
    let counts = !isStaggered || rank.index == rank.worldSize - 1
    try await time(rank, since: start, counts: counts) {
      switch figure.kind {
      case .barrier: try await rank.world.barrier()
      case .allReduce, .coldAllReduce: _ = try await rank.world.allReduce(values)
      case .allGather: _ = try await rank.world.allGather(values)
      case .broadcast: _ = try await rank.world.broadcast(values, root: 0)
      case .aloneAllReduce: _ = try await alone?.allReduce(values)
      default: break
      }
    }
  }
}

/// A number of 32-bit floating-point numbers without values, as the scripts reduce them.
private struct FloatCount: Payload {
  let elementCount: Int
  var elementByteCount: Int { 4 }
  var elementName: String { "float32" }

  func elements(in range: Range<Int>) -> FloatCount { FloatCount(elementCount: range.count) }

  static func concatenating(_ parts: [FloatCount]) -> FloatCount {
    FloatCount(elementCount: parts.reduce(0) { $0 + $1.elementCount })
  }

  static func reducing(_ contributions: [FloatCount], with reduction: ReductionOperator) -> FloatCount {
    contributions[0]
  }
}
