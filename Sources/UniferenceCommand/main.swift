import Uniference
let n = Int(CommandLine.arguments[1])!
let r = try RingBenchmark(ranks: n, bytes: CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2])! : 4194304).run()
print(r)
