import LibTorch
import Models
import Synchronization
import Uniference

// A language model of one's own, as small as can be: an embedding, a feed-forward, and the sum of what comes out. Its
// table and its columns are divided among the devices by the layers that Llama is made of, too.
struct TinyModel {
  let embedding: VocabularyParallelEmbedding
  let up: ColumnParallelLinear
  let down: RowParallelLinear

  init(_ parameters: ParameterLoader, group: any Communicator) throws {
    let columns = AxisShare(of: 1024, in: group)
    embedding = try VocabularyParallelEmbedding(
      parameters.scoped("embedding"), tokens: AxisShare(of: 1000, in: group), hiddenSize: 256, group: group)
    up = try ColumnParallelLinear(parameters.scoped("up"), inputs: 256, outputs: columns, hasBias: true)
    down = try RowParallelLinear(
      parameters.scoped("down"), inputs: columns, outputs: 256, hasBias: true, group: group)
  }

  func callAsFunction(_ tokens: Tensor) async throws -> Tensor {
    let rows = try await embedding(tokens)
    return try await rows + down(up(rows).silu())
  }
}

// Where parameters have values, these are they: the same for every part that a device may hold.
struct Waves: ParameterSource {
  func fill(_ tensor: Tensor, with part: ParameterPart) throws {
    let (rows, columns) = (part.axes[0], part.axes.count > 1 ? part.axes[1] : .whole(1))
    let values = rows.range.flatMap { row in
      columns.range.map { Float((row * columns.total + $0) * 7919 % 1000) / 10_000 - 0.05 }
    }
    try values.withUnsafeBytes { try tensor.device?.write($0, to: tensor) }
  }
}

// With libtorch the tensors have values, without it sizes and costs alone. The times are the same.
var options = SimulationOptions()
options.values = (try? TorchLibrary()).flatMap { try? ValueOptions(library: $0) }

let sums = Mutex<[Float]>([])

print("devices\tsimulated\tmemory of each\tsent")
for count in [1, 2, 4] {
  let cluster = Cluster(
    devices: .jetsonOrinNano, count: count,
    network: .switch(bandwidth: .gigabitsPerSecond(1), latency: .microseconds(50)))
  let report = try World.simulate(cluster, options: options) { rank in
    let model = try TinyModel(
      ParameterLoader(device: rank.device, elementType: .float32, source: Waves()), group: rank.world)
    let tokens = try Tensor([3, 141, 592, 653], shape: [1, 4], on: rank.device, label: "tokens")
    let result = try await model(tokens)
    guard rank.index == 0, result.hasValues else { return }
    let sum = try result.floats().reduce(0, +)
    sums.withLock { $0.append(sum) }
  }
  let peak = DataSize(bytes: report.devices[0].peak_memory_bytes)
  print(
    count, Duration.seconds(report.total_s).shortDescription, peak, DataSize(bytes: report.bytes_sent), separator: "\t")
}

// However many devices add it up, the result is the same, but for rounding.
let found = sums.withLock { $0 }
for sum in found where abs(sum - found[0]) > 1e-3 { print("\(sum) is not \(found[0])") }
