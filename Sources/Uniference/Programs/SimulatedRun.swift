import LibTorch
import Network
import Reports
import Results
import Simulation
import SimulationKernel

/// One program on one cluster, ready to run.
final class SimulatedRun {
  let world: SimulatedWorld
  private let cluster: Cluster
  private let traffic: TrafficAccount
  private let events: RunEvents
  private let basis: ComputeBasis
  private var devices: [SimulatedDevice] = []
  private var services: [SimulatedServices] = []

  init(_ program: some Program, on cluster: Cluster, options: SimulationOptions, recorder: RunRecorder) throws {
    self.cluster = cluster
    basis = options.basis(on: cluster)
    let topology = try cluster.makeTopology()
    world = SimulatedWorld(
      topology: topology, profile: cluster.transport, selector: cluster.collectives,
      placement: Placement(
        nodeOfRank: cluster.nodeOfRank, topology: topology, generations: cluster.generationOfRank),
      seed: options.seed,
      interruption: options.interruption)
    traffic = world.countTraffic()
    events = RunEvents(log: recorder.log, options: options) { [engine = world.engine] in engine.now }
    world.observer = events
    world.usesMemoisedTiming = options.usesMemoisedTiming && options.tracePath == nil && options.kernelTimes.mayRepeat
    if options.tracePath != nil { world.network.activity = LinkActivity(linkCount: topology.links.count) }
    try scheduleChanges(on: topology)
    spawnRanks(program, options: options, recorder)
  }

  private func spawnRanks(_ program: some Program, options: SimulationOptions, _ recorder: RunRecorder) {
    let events = events
    let spans = recorder.spans.map(RunSpans.init)
    for (rank, device) in cluster.devices.enumerated() {
      world.spawn { process, communicator in
        let accounts = SimulatedDevice(
          name: device.name, specification: device.specification, model: device.computeModel,
          dispatch: device.execution.dispatch, speed: device.speed, quota: device.quota, process: process, world: world)
        devices.append(accounts)
        let ledger = DeviceLedger(
          accounts, rank: rank, execution: device.execution, times: options.kernelTimes, log: recorder.operations)
        let service = SimulatedServices(process: process, accounts: accounts, events: events, spans: spans)
        services.append(service)
        return Rank(communicator: communicator, device: options.tensorDevice(for: ledger), services: service)
      } _: { rank in
        try await program.run(on: rank)
        rank.finished()
      }
    }
  }

  private func scheduleChanges(on topology: Topology) throws {
    let changes = try cluster.network.capacitySteps(on: topology)
    world.changesOverTime = !changes.isEmpty || !cluster.failures.isEmpty
    for (link, steps) in changes { world.network.follow(steps, of: link) }
    for failure in cluster.failures {
      world.engine.call(at: VirtualTime.zero.advanced(by: failure.time)) { [unowned world] in
        world.failRank(failure.device)
      }
    }
  }

  /// Says which links stood idle though messages could have taken them.
  func warn(by warning: ((String) -> Void)?) {
    guard let warning else { return }
    let topology = world.network.topology
    let idle = world.idleAlternatives().map(topology.name(of:))
    if !idle.isEmpty { warning(idleLinksWarning(idle, of: topology.links.count)) }
  }

  /// What the run has found so far.
  func report(log: EventLog) throws -> SimulationReport {
    events.finish()
    if let failure = events.failure { throw failure }
    for service in services { service.endSpans() }
    let total = VirtualTime.zero.duration(to: world.engine.endTime)
    // NCCL's kernels run, and wait, on the device.
    let polls = cluster.transport.name == TransportProfile.nccl.name
    let parts = devices.enumerated().map { rank, device in
      let bytes = traffic.sentBytes[rank] + traffic.receivedBytes[rank]
      return SimulationReport.Device(
        name: cluster.devices[rank].name, busy_s: device.busyTime.inSeconds,
        peak_memory_bytes: device.peakMemory.bytes,
        usable_memory_bytes: cluster.devices[rank].specification.usableMemory.bytes,
        peak_memory: device.memoryUseAtPeak,
        sent_bytes: traffic.sentBytes[rank],
        received_bytes: traffic.receivedBytes[rank],
        energy_j: device.energy(total: total, polls: polls, bytes: bytes).joules,
        flops: device.totalCost.flops, phases: services[rank].phases)
    }
    let summary = log.summary()
    let uses = linkUses(total: total)
    return SimulationReport(
      total_s: total.inSeconds, devices: parts, links: uses.first, used_links: uses.count, messages: traffic.messages,
      bytes_sent: traffic.sentBytes.reduce(0, +), energy_j: parts.reduce(0) { $0 + $1.energy_j },
      events: world.engine.eventCount, event_log_sha256: summary.sha256, event_log_count: summary.count,
      compute: basis)
  }
}

extension SimulatedRun {
  /// What each link carries over time, for a trace.
  var linkCounters: [TraceCounter] {
    let topology = world.network.topology
    let rates = world.network.activity?.rates(in: world.network) ?? [:]
    return rates.sorted { $0.key < $1.key }.map { link, rates in
      TraceCounter(
        name: LinkNames.alias(of: topology.name(of: link)) { cluster.devices[$0].name }, unit: "bytes/s",
        samples: rates.map { TraceCounter.Sample(time: $0.time, value: Int64($0.bytesPerSecond.rounded())) })
    }
  }

  /// The busiest links, and how many have carried anything.
  private func linkUses(total: Duration) -> (first: [SimulationReport.LinkUse], count: Int) {
    let network = world.network
    let topology = network.topology
    var used: [(link: LinkID, bytes: Double, share: Double)] = []
    for link in topology.links.indices.map({ LinkID($0) }) {
      let bytes = network.bytesCarried(by: link) + traffic.bytesTimedAtOnce(of: link)
      guard bytes > 0 else { continue }
      let capacity = topology.links[Int(link)].bytesPerSecond * total.inSeconds
      used.append((link, bytes, capacity > 0 ? bytes / capacity : 0))
    }
    let busiest = used.sorted { ($1.share, $0.link) < ($0.share, $1.link) }.prefix(SimulationReport.LinkUse.limit)
    return (
      busiest.map { use in
        SimulationReport.LinkUse(
          name: LinkNames.alias(of: topology.name(of: use.link)) { cluster.devices[$0].name }, bytes: use.bytes,
          bytes_per_second: network.capacity(of: use.link), share_of_capacity: use.share)
      }, used.count
    )
  }
}

extension SimulatedDevice {
  fileprivate var memoryUseAtPeak: [SimulationReport.MemoryUse]? {
    let uses = tensorsAtPeak.map { SimulationReport.MemoryUse(label: $0.label, count: $0.count, bytes: $0.bytes) }
    return uses.isEmpty ? nil : uses
  }
}

extension SimulationOptions {
  /// Where a rank's tensors live: with values or without.
  fileprivate func tensorDevice(for accounting: any DeviceAccounting) -> any TensorDevice {
    guard let values else { return ShapeDevice(accounting: accounting) }
    return TorchDevice(library: values.library, name: values.deviceName, accounting: accounting)
  }
}
