import Quantities

/// What makes a virtual interface send at the rate of a network card.
///
/// A token bucket alone does not: acknowledgements queue behind data, and two-way traffic becomes up to 2.8 times slower.
/// Here packets of less than 128 bytes go first, as on a full-duplex card whose queue is short.
struct LinkShaper {
  let rate: Bandwidth
  /// One-way delay that the kernel's netem adds; zero for none.
  let delay: Duration

  /// What the bucket holds: as much as passes while a timer of the kernel is late, at least a frame. Tried from 12 to 96
  /// microseconds: below 48 a link of 1 Gbps on a busy machine is up to a fifth slower than its rate.
  var burstBytes: Int { max(Self.frameBytes, Int(rate.bytesPerSecond * 48e-6)) }

  /// Frames that TCP may hand to the interface as one: as many as take 100 microseconds. The kernel does not keep pace
  /// with single frames at 1 Gbps, and longer trains, of 64 KiB at most, would pass unshaped.
  var framesAtOnce: Int { min(44, max(1, Int(rate.bytesPerSecond * 100e-6) / Self.frameBytes)) }

  /// What passes at once after the link has rested: the bucket, and a frame that overdraws it. A longer train overdraws it
  /// by more, but the next one then waits for that: messages of 12 to 32 kB at 1 Gbps gain 4 to 11 kB of time.
  var unshapedBytes: Int { burstBytes + Self.frameBytes }

  // 1500 bytes and the Ethernet header.
  private static let frameBytes = 1514

  /// Shapes what an interface sends, and brings the interface up.
  func commands(_ namespace: String, _ interface: String) -> [SystemCommand] {
    let device = "-n \(namespace)"
    let htb = { (parent: String, id: Int, share: Double) in
      "tc \(device) class add dev \(interface) parent \(parent) classid 1:\(id) htb rate \(bits(share)) "
        + "ceil \(bits(1)) burst \(burstBytes) cburst \(burstBytes) quantum \(Self.frameBytes)"
    }
    return [
      "ip \(device) link set \(interface) gso_max_segs \(framesAtOnce) up",
      "tc \(device) qdisc add dev \(interface) root handle 1: htb default 20",
      htb("1:", 1, 1),
      htb("1:1", 10, 0.1) + " prio 0",
      htb("1:1", 20, 0.9) + " prio 1",
      "tc \(device) filter add dev \(interface) parent 1: protocol ip prio 1 u32 match u16 0x0000 0xff80 at 2 "
        + "flowid 1:10",
    ].map { SystemCommand($0) } + (delay > .zero ? [10, 20].map { netem(device, interface, leaf: $0) } : [])
  }

  private func netem(_ device: String, _ interface: String, leaf: Int) -> SystemCommand {
    // All that can be under way, and as many as an interface's own queue has.
    let packets = 1000 + Int(rate.bytesPerSecond * delay.inSeconds / 64)
    return SystemCommand(
      "tc \(device) qdisc add dev \(interface) parent 1:\(leaf) handle \(leaf): netem "
        + "delay \(Int((delay.inSeconds * 1e6).rounded()))us limit \(packets)")
  }

  private func bits(_ share: Double) -> String { "\(Int((rate.bitsPerSecond * share).rounded()))bit" }
}
