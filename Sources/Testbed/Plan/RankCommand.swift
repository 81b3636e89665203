/// How one rank's command is started on its host.
public struct RankCommand: Hashable, Sendable {
  /// The program and its arguments, with what puts it in its place before it.
  public let words: [String]
  /// What it finds in its environment, as under torchrun.
  public let variables: [String: String]

  /// - Parameters:
  ///   - command: what to run on every host.
  ///   - rank: the host's number.
  ///   - torchrun: the Python that starts torchrun on each host, which starts the command's script.
  ///   - isRealTime: whether the command runs before everything that has no real-time priority (sched(7)): other programs
  ///     then do not disturb what is measured. All its threads have one priority, so on a host of one core they take turns
  ///     when they wait, and not otherwise.
  public init(
    _ command: [String], rank: Int, in testbed: Testbed, torchrun python: String? = nil, isRealTime: Bool = false
  ) {
    let host = testbed.hosts[rank]
    let master = testbed.hosts[0].address
    var place: [String] = []
    // Before the namespace, since `ip netns exec` hides the control groups.
    if let group = host.controlGroup {
      place += ["sh", "-c", "echo 0 > '\(group.members)' && exec \"$@\"", "sh"]
    }
    if !host.cores.isEmpty { place += ["taskset", "-c", host.cores.map(String.init).joined(separator: ",")] }
    if isRealTime { place += ["chrt", "--fifo", Self.priority] }
    place += ["ip", "netns", "exec", host.namespace]
    var variables = [
      "GLOO_SOCKET_IFNAME": TestbedNames.hostInterface, "TP_SOCKET_IFNAME": TestbedNames.hostInterface,
      "OMP_NUM_THREADS": "1",
    ]
    // For calibration, which need not find out what is known.
    if let burst = testbed.burstBytes { variables["UNIFERENCE_LINK_BURST"] = "\(burst)" }
    if let packet = testbed.packetBytes { variables["UNIFERENCE_LINK_PACKET"] = "\(packet)" }
    if let cores = testbed.sharedCoreCount { variables["UNIFERENCE_SHARED_CORES"] = "\(cores)" }
    if isRealTime, host.cores.count == 1 { variables["UNIFERENCE_PROGRESS"] = "weak" }
    if let python {
      words =
        place + [
          python, "-m", "torch.distributed.run", "--nnodes", "\(testbed.hosts.count)", "--node-rank", "\(rank)",
          "--nproc-per-node", "1", "--master-addr", master, "--master-port", Self.port,
        ] + command
    } else {
      words = place + command
      variables.merge(
        [
          "RANK": "\(rank)", "WORLD_SIZE": "\(testbed.hosts.count)", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "1",
          "GROUP_RANK": "\(rank)", "MASTER_ADDR": master, "MASTER_PORT": Self.port,
        ], uniquingKeysWith: { $1 })
    }
    self.variables = variables
  }

  // Of 1 to 99, where the kernel's own threads begin at 50.
  private static let priority = "10"

  // torchrun's own choice. Every host has all ports to itself.
  private static let port = "29500"
}
