import Uniference

// Two senders, one receiver: the cable from the switch to rank 2 carries both messages and is shared max-min fairly.
//
//   0 s     rank 0 starts to send 150 MB, alone, at 100 MB/s
//   0.5 s   rank 1 starts to send  50 MB; 50 MB of rank 0's have moved, and from now on each gets 50 MB/s
//   1.5 s   rank 1's 50 MB have arrived; 50 MB of rank 0's are left, alone again, at 100 MB/s
//   2 s     rank 0's 150 MB have arrived, half a second later than without company
let cluster = Cluster(
  devices: .raspberryPi5, count: 3, network: .switch(bandwidth: .megabitsPerSecond(800)))

func say(_ rank: Rank, _ text: String) { print("\(rank.now.shortDescription)\trank \(rank.index) \(text)") }

try World.simulate(cluster) { rank in
  switch rank.index {
  case 0:
    try await rank.world.send(ByteCount(byteCount: 150_000_000), to: 2)
    say(rank, "has sent 150 MB")
  case 1:
    try await rank.clock.sleep(for: .milliseconds(500))
    try await rank.world.send(ByteCount(byteCount: 50_000_000), to: 2)
    say(rank, "has sent 50 MB")
  default:
    for _ in 0..<2 {
      let message = try await rank.world.receive(ByteCount.self, from: nil)
      say(rank, "has received \(message.byteCount / 1_000_000) MB")
    }
  }
}
