import Uniference
let args = CommandLine.arguments
if let n = Int(args[1]) {
print(try RingBenchmark(ranks: n, bytes: args.count > 2 ? Int(args[2])! : 4194304).run())
} else {
let s = try Scenario(contentsOf: args[1])
for strategy in s.strategiesToTry {
  let clock = ContinuousClock()
  var p: LlamaPrediction?
  var o = SimulationOptions()
  o.usesQuietShortcut = args.contains("quick")
  let t = try clock.measure { p = try LlamaExperiment(modelName: "m", configuration: s.model, strategy: strategy, workload: s.workload, cluster: s.cluster).predict(options: o) }
  let q = p!
  print(q.strategy, q.fits, q.reason ?? "", q.time_to_first_token_s ?? 0, q.tokens_per_second ?? 0, q.busy_fraction ?? 0, q.bytes_sent_per_token ?? 0, q.messages ?? 0, q.energy_per_token_j ?? 0, t)
}
}
