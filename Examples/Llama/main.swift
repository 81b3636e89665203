import Models
import Uniference

// Two boards and a cable. Which way to split a small Llama over them is better, and by how much?
let cluster = Cluster(
  name: "two-jetsons", devices: .jetsonOrinNano, count: 2,
  network: .switch(bandwidth: .gigabitsPerSecond(1), latency: .microseconds(500)))
let model = try LlamaConfiguration(named: "llama-3.2-1b")
let workload = try LlamaWorkload(promptLength: 64, generatedTokenCount: 32)

for strategy in [ParallelStrategy.single, .tensor(2), .pipeline(2)] {
  let experiment = LlamaExperiment(
    modelName: "llama-3.2-1b", configuration: model, strategy: strategy, workload: workload, cluster: cluster)
  let prediction = try experiment.predict()
  guard let first = prediction.time_to_first_token_s, let total = prediction.total_s,
    let speed = prediction.tokens_per_second, let bytes = prediction.bytes_sent
  else {
    print("\(strategy): \(prediction.reason ?? "does not fit")")
    continue
  }
  print("\(strategy)")
  print("  \(Duration.seconds(first).shortDescription)\tfirst token")
  print("  \(Duration.seconds(total).shortDescription)\tlast of \(workload.generatedTokenCount) tokens")
  print("  \(formatNumber(speed, significantDigits: 4)) tokens/s, \(DataSize(bytes: bytes)) sent")
}
