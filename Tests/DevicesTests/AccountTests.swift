import Devices
import Quantities
import Testing

@Suite struct MemoryAccountTests {
  @Test("peak outlives release")
  func peakOutlivesRelease() throws {
    var memory = MemoryAccount(deviceName: "jetson-0", capacity: 100)
    try memory.allocate(60, label: "weights")
    try memory.allocate(40, label: "activations")
    memory.release(40, label: "activations")
    #expect(memory.inUse == 60)
    #expect(memory.peak == 100)
    try memory.allocate(0, label: "empty")
    #expect(memory.largest(5).map(\.label) == ["weights", "empty"])
  }

  @Test("what does not fit is refused and named")
  func whatDoesNotFitIsRefusedAndNamed() throws {
    var memory = MemoryAccount(deviceName: "jetson-2", capacity: 7_000_000_000)
    for layer in 0..<6 { try memory.allocate(1_000_000_000 - layer, label: "layers.\(layer).weights") }
    try memory.allocate(400_000_000, label: "kv cache")
    try memory.allocate(400_000_000, label: "kv cache")
    let error = try #require(throws: OutOfMemory.self) { try memory.allocate(525_336_576, label: "lm_head") }
    #expect(error.deviceName == "jetson-2")
    #expect(error.inUse == 6_800_000_000 - 15)
    #expect(error.requested == 525_336_576)
    #expect(error.largest.count == 5)
    #expect(
      error.description == """
        out of memory on jetson-2: 525 MB for "lm_head" do not fit, as 6.8 GB of 7 GB are in use (peak 6.8 GB); \
        largest: layers.0.weights 1 GB, layers.1.weights 1 GB, layers.2.weights 1 GB, layers.3.weights 1 GB, \
        layers.4.weights 1 GB; use more devices, a smaller batch or context, or a device with more memory
        """)
    #expect(memory.inUse == error.inUse)
    memory.release(1_000_000_000, label: "layers.0.weights")
    try memory.allocate(525_336_576, label: "lm_head")
    #expect(memory.largest(2).last?.count == 1)
  }

  @Test("tensors of one label count together")
  func tensorsOfOneLabelCountTogether() throws {
    var memory = MemoryAccount(deviceName: "d", capacity: 10)
    try memory.allocate(4, label: "kv cache")
    try memory.allocate(3, label: "kv cache")
    let error = try #require(throws: OutOfMemory.self) { try memory.allocate(4, label: "logits") }
    #expect(error.description.contains("largest: kv cache 7 B in 2;"))
  }

  /// Reference: a list of live tensors, summed anew each time.
  @Test("agrees with summing the live tensors")
  func agreesWithSummingTheLiveTensors() throws {
    for seed in UInt64(0)..<200 {
      var random = SplitMix64(state: seed)
      var memory = MemoryAccount(deviceName: "d", capacity: 1000)
      var live: [(bytes: Int, label: String)] = []
      var peak = 0
      for _ in 0..<100 {
        if Bool.random(using: &random), let index = live.indices.randomElement(using: &random) {
          let tensor = live.remove(at: index)
          memory.release(tensor.bytes, label: tensor.label)
        } else {
          let tensor = (
            bytes: Int.random(in: 0...200, using: &random), label: "\(Int.random(in: 0..<4, using: &random))"
          )
          let fits = live.reduce(0) { $0 + $1.bytes } + tensor.bytes <= 1000
          #expect(fits == ((try? memory.allocate(tensor.bytes, label: tensor.label)) != nil), "seed \(seed)")
          if fits { live.append(tensor) }
        }
        let inUse = live.reduce(0) { $0 + $1.bytes }
        peak = max(peak, inUse)
        #expect(memory.inUse == inUse && memory.peak == peak, "seed \(seed)")
        #expect(memory.largest(9).reduce(0) { $0 + $1.count } == live.count, "seed \(seed)")
      }
    }
  }
}

@Suite struct EnergyAccountTests {
  @Test("busy, idle and traffic add up")
  func busyIdleAndTrafficAddUp() throws {
    let device = try DeviceCatalogue.device("jetson-orin-nano").overriding([
      ("idle_power", "5 W"), ("busy_power", "15 W"), ("network_energy_per_byte", "4 nJ/B"),
    ])
    let account = EnergyAccount(device)
    // 2 s x 15 W + 8 s x 5 W + 1e9 B x 4 nJ/B
    let energy = account.energy(busy: .seconds(2), total: .seconds(10), bytes: 1_000_000_000)
    #expect((energy.joules - 74).magnitude < 1e-9)
    #expect(account.energy(busy: .zero, total: .zero, bytes: 0) == .zero)
  }

  @Test("memory-bound work and polling draw less than arithmetic and more than nothing to do")
  func memoryBoundAndPolling() throws {
    let device = try DeviceCatalogue.device("jetson-orin-nano").overriding([
      ("idle_power", "5 W"), ("busy_power", "15 W"), ("memory_bound_power", "50%"), ("polling_power", "20%"),
    ])
    let account = EnergyAccount(device)
    // 1 s x 15 W + 3 s x 10 W + 6 s x 7 W.
    let energy = account.energy(
      busy: .seconds(4), arithmetic: .seconds(1), total: .seconds(10), polls: true, bytes: 0)
    #expect((energy.joules - 87).magnitude < 1e-9)
    // Without polling, 6 s x 5 W.
    let waiting = account.energy(busy: .seconds(4), arithmetic: .seconds(1), total: .seconds(10), bytes: 0)
    #expect((waiting.joules - 75).magnitude < 1e-9)
  }
}
