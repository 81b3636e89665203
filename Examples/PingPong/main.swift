import Uniference

let cluster = Cluster(
  devices: .raspberryPi5, count: 2, network: .switch(bandwidth: .gigabitsPerSecond(1), latency: .microseconds(250)))

let report = try World.simulate(cluster) { rank in
  let other = 1 - rank.index
  let ball = ByteCount(byteCount: 1_000_000)
  for round in 1...3 {
    if rank.index == 0 { try await rank.world.send(ball, to: other) }
    _ = try await rank.world.receive(ByteCount.self, from: other)
    print("\(rank.now.shortDescription)\trank \(rank.index) has the ball, round \(round)")
    if rank.index == 1 { try await rank.world.send(ball, to: other) }
  }
}
print(report)
