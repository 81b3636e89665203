import Quantities

/// What makes a virtual interface send at the rate of a network card.
///
/// A token bucket alone does not: acknowledgements queue behind data, and two-way traffic becomes up to 2.8 times slower.
/// Here packets of less than 128 bytes go first, as on a full-duplex card whose queue is short. The others take turns by
/// the host that they go to, or come from: in one queue, whose connection is how much faster is decided by who began,
/// and a broadcast to seven hosts takes 340 ms or 520 ms.
struct LinkShaper {
  /// The side of a link that sends, whose packets differ in the other side's address.
  enum End: String {
    /// A host, which sends to many.
    case host = "dst"
    /// A switch, through which many send.
    case switchPort = "src"
  }

  let rate: Bandwidth
  /// One-way delay that the kernel's netem adds; zero for none.
  var delay = Duration.zero
  /// How many hosts send like this in the machine.
  let hostCount: Int

  /// What the bucket holds: as much as passes while a timer of the kernel is late, at least a frame. Tried from 12 to 96
  /// microseconds: below 48 a link of 1 Gbps on a busy machine is up to a fifth slower than its rate.
  var burstBytes: Int { max(Self.frameBytes, Int(rate.bytesPerSecond * 48e-6)) }

  /// Frames that TCP may hand to the interface as one: as many as take 100 microseconds, or more where all hosts together
  /// would send more than 25 000 of these bursts in a second. The kernel does not keep pace with single frames: two cores
  /// are busy for five sixths of the time with those of eight hosts at 100 Mbps. Longer bursts, of 64 KiB at most, would
  /// pass unshaped.
  var framesAtOnce: Int {
    let framesPerSecond = rate.bytesPerSecond / Double(Self.frameBytes)
    let forKernel = (framesPerSecond * Double(hostCount) / Self.trainsPerSecond).rounded(.up)
    return min(44, max(1, Int(framesPerSecond * 100e-6), Int(forKernel)))
  }

  /// In packets of how many bytes messages pass: bursts of frames.
  var packetBytes: Int { framesAtOnce * Self.frameBytes }

  // 1500 bytes and the Ethernet header.
  private static let frameBytes = 1514
  private static let trainsPerSecond = 25_000.0

  /// Shapes what an interface sends, and brings the interface up.
  ///
  /// - Parameter peers: addresses of the hosts whose packets take turns, which `end` tells apart.
  func commands(_ namespace: String, _ interface: String, at end: End, peers: [String]) -> [SystemCommand] {
    let device = "-n \(namespace)"
    let link = "dev \(interface)"
    let classes = peers.indices.map { Self.firstPeerClass + $0 }
    let turns = zip(classes, peers).flatMap { number, address in
      [
        // Next to nothing of its own: all it sends it borrows from 1:20, in turn with the others.
        shapedClass(device, link, parent: "1:20", number, bits: 8_000) + " prio 1",
        "tc \(device) filter add \(link) parent 1: protocol ip prio 2 u32 match ip \(end.rawValue) \(address) "
          + "flowid 1:\(number)",
      ]
    }
    return
      ([
        "ip \(device) link set \(interface) gso_max_segs \(framesAtOnce) up",
        "tc \(device) qdisc add \(link) root handle 1: htb default 10",
        shapedClass(device, link, parent: "1:", 1, bits: rate.bitsPerSecond),
        shapedClass(device, link, parent: "1:1", 10, bits: rate.bitsPerSecond * 0.1) + " prio 0",
        shapedClass(device, link, parent: "1:1", 20, bits: rate.bitsPerSecond * 0.9),
        "tc \(device) filter add \(link) parent 1: protocol ip prio 1 u32 match u16 0x0000 0xff80 at 2 flowid 1:10",
      ] + turns + (delay > .zero ? ([10] + classes).map { netem(device, link, leaf: $0) } : []))
      .map { SystemCommand($0) }
  }

  private static let firstPeerClass = 100

  /// What an htb class sends at least, and that it may borrow up to the whole rate.
  private func shapedClass(_ device: String, _ link: String, parent: String, _ number: Int, bits: Double) -> String {
    "tc \(device) class add \(link) parent \(parent) classid 1:\(number) htb rate \(Int(bits.rounded()))bit "
      + "ceil \(Int(rate.bitsPerSecond.rounded()))bit burst \(burstBytes) cburst \(burstBytes) "
      + "quantum \(packetBytes)"
  }

  private func netem(_ device: String, _ link: String, leaf: Int) -> String {
    // All that can be under way, and as many as an interface's own queue has.
    let packets = 1000 + Int(rate.bytesPerSecond * delay.inSeconds / 64)
    return "tc \(device) qdisc add \(link) parent 1:\(leaf) handle \(leaf): netem "
      + "delay \(Int((delay.inSeconds * 1e6).rounded()))us limit \(packets)"
  }
}
