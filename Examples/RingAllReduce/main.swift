import Uniference

// P devices on one switch combine S bytes each. The ring takes 2(P - 1) steps, each of which moves S / P bytes over a
// path of latency a and bandwidth B, so it ends at 2(P - 1)(a + S / (P B)) (Patarasuk and Yuan, 2009).
let bandwidth = Bandwidth.gigabitsPerSecond(1)
let cable = Duration.microseconds(50)
let bytes = 4 << 20

print("devices\tsimulated\tclosed form\tdifference")
for count in [2, 4, 8, 16, 32, 64] {
  let cluster = Cluster(
    devices: .jetsonOrinNano, count: count, network: .switch(bandwidth: bandwidth, latency: cable))
  let report = try World.simulate(cluster) { rank in
    _ = try await rank.world.allReduce(ByteCount(byteCount: bytes))
  }
  let latency = 2 * cable.inSeconds  // A path crosses two cables: to the switch and from it.
  let step = latency + Double(bytes) / (Double(count) * bandwidth.bytesPerSecond)
  let expected = 2 * Double(count - 1) * step
  let difference = abs(report.total_s - expected) < 1e-9 * expected ? "below 1e-9" : "TOO LARGE"
  print(
    count, Duration.seconds(report.total_s).shortDescription, Duration.seconds(expected).shortDescription, difference,
    separator: "\t")
}
