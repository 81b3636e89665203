import Models
import Predictions
import Uniference

// Two boards and a cable. Which way to split a small Llama over them is better, and by how much?
let cluster = Cluster(
  name: "two-jetsons", devices: .jetsonOrinNano, count: 2,
  network: .switch(bandwidth: .gigabitsPerSecond(1), latency: .microseconds(500)))
let model = try LlamaConfiguration(named: "llama-3.2-1b")
let shape = try LlamaWorkload(promptLength: 64, generatedTokenCount: 32)
let workload = TextGeneration(model: model, shape: shape)

for strategy in [ParallelStrategy.single, .tensor(2), .pipeline(2)] {
  let experiment = Experiment(modelName: "llama-3.2-1b", workload: workload, strategy: strategy, cluster: cluster)
  let prediction = try experiment.predict()
  guard let first = prediction[.timeToFirstToken], let total = prediction[.totalTime],
    let speed = prediction[.tokensPerSecond], let bytes = prediction[.bytesSent]
  else {
    print("\(strategy): \(prediction.reason ?? "does not fit")")
    continue
  }
  print("\(strategy)")
  print("  \(Duration.seconds(first).shortDescription)\tfirst token")
  print("  \(Duration.seconds(total).shortDescription)\tlast of \(shape.generatedTokenCount) tokens")
  print("  \(formatNumber(speed, significantDigits: 4)) tokens/s, \(DataSize(bytes: Int(bytes))) sent")
}
