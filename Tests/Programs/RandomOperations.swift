import Foundation
import Uniference

/// Does seeded operations of every kind and writes down what came out, so that two worlds can be compared.
///
/// Values are small integers: their sums and products are exact in every element type, so that the order in which a
/// backend combines them does not show.
struct RandomOperations {
  let rank: Rank
  private let count: Int
  private let seed: UInt64
  /// Decisions that all ranks take alike.
  private var choices: RandomStream
  /// The rank's own values.
  private var values: RandomStream
  private var lines: [String] = []

  init(rank: Rank, seed: UInt64, count: Int) {
    self.rank = rank
    self.count = count
    self.seed = seed
    choices = RandomStream(seed: seed)
    values = RandomStream(seed: seed, stream: UInt64(rank.index) + 1)
  }

  mutating func run(writingTo folder: String) async throws {
    // Not in order, so that members' positions are not c10d's.
    let everybody = Array(0..<rank.worldSize)
    let rotated = everybody.map { ($0 + 1) % rank.worldSize }
    let groups = [rank.world, try await rank.world.subgroup(rotated, name: "rotated")]
    for number in 0..<count {
      let group = groups[Int.random(in: 0..<groups.count, using: &choices)]
      try await doOperation(number, in: group)
    }
    let text = lines.joined(separator: "\n") + "\n"
    try text.write(toFile: "\(folder)/rank-\(rank.index).txt", atomically: true, encoding: .utf8)
  }

  private mutating func doOperation(_ number: Int, in group: any Communicator) async throws {
    let type = Self.types[Int.random(in: 0..<Self.types.count, using: &choices)]
    let reductions = ReductionOperator.allCases.filter { $0.applies(to: type) }
    let reduction = reductions[Int.random(in: 0..<reductions.count, using: &choices)]
    let root = Int.random(in: 0..<group.size, using: &choices)
    let length = Int.random(in: 0...7, using: &choices)
    let counts = (0..<group.size).map { _ in Int.random(in: 0...5, using: &choices) }
    let kind = Int.random(in: 0..<12, using: &choices)
    let own = counts[group.rank]
    let made: [Tensor]
    switch kind {
    case 0: made = [try await group.startAllReduce(flat(length, type), reduction, at: here).wait()]
    case 1:
      made = [try await group.startReduce(flat(length, type), reduction, root: root, at: here).wait()].compactMap(
        \.self)
    case 2: made = [try await group.startBroadcast(flat(length, type), root: root, at: here).wait()]
    case 3: made = try await group.startAllGather(flat(length, type), counts: nil, at: here).wait()
    case 4: made = try await group.startAllGather(flat(own, type), counts: counts, at: here).wait()
    case 5: made = try await group.startGather(flat(length, type), root: root, at: here).wait() ?? []
    case 6:
      let payloads = group.rank == root ? try (0..<group.size).map { _ in try flat(length, type) } : nil
      made = [try await group.startScatter(payloads, like: flat(length, type), root: root, at: here).wait()]
    case 7:
      let payload = try flat(length * group.size, type)
      made = [try await group.startReduceScatter(payload, reduction, counts: nil, at: here).wait()]
    case 8:
      let payload = try flat(counts.reduce(0, +), type)
      made = [try await group.startReduceScatter(payload, reduction, counts: counts, at: here).wait()]
    case 9: made = try await group.startAllToAll(flats(group.size, length, type), receiveCounts: nil, at: here).wait()
    case 10:
      // Member i sends counts[(i + j) % size] elements to member j.
      let sizes = (0..<group.size).map { counts[(group.rank + $0) % group.size] }
      let payloads = try sizes.map { try flat($0, type) }
      made = try await group.startAllToAll(payloads, receiveCounts: sizes, at: here).wait()
    default: made = try await exchange(in: group, length: length, type)
    }
    try note(number, Self.kinds[min(kind, Self.kinds.count - 1)], group, type, reduction, made)
  }

  /// Everybody sends to everybody, two messages each, and takes those of the second tag first.
  private mutating func exchange(in group: any Communicator, length: Int, _ type: ElementType) async throws -> [Tensor]
  {
    var sends: [Work<Void>] = []
    for other in 0..<group.size where other != group.rank {
      for tag in 1...2 { sends.append(try group.startSend(flat(length + tag, type), to: other, tag: tag, at: here)) }
    }
    var received: [Received<Tensor>] = []
    for tag in [2, 1] {
      for _ in 1..<group.size {
        received.append(try await group.startReceive(Tensor.self, from: nil, tag: tag, at: here).wait())
      }
    }
    for send in sends { try await send.wait() }
    try await group.barrier()
    return received.sorted { ($0.tag, $0.source) < ($1.tag, $1.source) }.map(\.payload)
  }

  private mutating func flats(_ number: Int, _ length: Int, _ type: ElementType) throws -> [Tensor] {
    try (0..<number).map { _ in try flat(length, type) }
  }

  /// Small integers in any element type.
  private mutating func flat(_ length: Int, _ type: ElementType) throws -> Tensor {
    let numbers = (0..<length).map { _ in Float(Int.random(in: 0...3, using: &values)) }
    return try Tensor(numbers, shape: [length], on: rank.device, label: "test").cast(to: type)
  }

  private mutating func note(
    _ number: Int, _ kind: String, _ group: any Communicator, _ type: ElementType, _ reduction: ReductionOperator,
    _ made: [Tensor]
  ) throws {
    let texts = try made.map { tensor in
      "\(tensor.elementType.rawValue)\(try tensor.placed(on: rank.device).cast(to: .float32).floats())"
    }
    lines.append(
      "\(number) \(kind) \(group.name) \(type.rawValue) \(reduction.rawValue): \(texts.joined(separator: " "))")
  }

  private var here: SourceLocation { SourceLocation() }

  private static let kinds = [
    "allReduce", "reduce", "broadcast", "allGather", "allGather uneven", "gather", "scatter", "reduceScatter",
    "reduceScatter uneven", "allToAll", "allToAll uneven", "messages",
  ]

  private static let types: [ElementType] = [
    .float64, .float32, .float16, .bfloat16, .int64, .int32, .int16, .int8, .uint8, .bool,
  ]
}

extension ReductionOperator {
  fileprivate func applies(to type: ElementType) -> Bool {
    let isFloating = [.float64, .float32, .float16, .bfloat16].contains(type)
    return switch self {
    case .average: isFloating
    case .bitwiseAnd, .bitwiseOr, .bitwiseExclusiveOr: !isFloating
    default: true
    }
  }
}
