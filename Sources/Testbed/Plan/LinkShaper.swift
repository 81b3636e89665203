import Quantities

/// What makes a virtual interface send at the rate of a network card.
///
/// A token bucket alone does not: acknowledgements queue behind data, and two-way traffic becomes up to 2.8 times slower.
/// Here packets of less than 128 bytes go first, as on a full-duplex card whose queue is short.
struct LinkShaper {
  let namespace: String
  let interface: String
  let rate: Bandwidth

  /// What the bucket holds: as much as passes while a timer of the kernel is late, but at least two frames.
  var burstBytes: Int { max(3028, Int(rate.bytesPerSecond * 64e-6)) }

  var commands: [SystemCommand] {
    let burst = "burst \(burstBytes) cburst \(burstBytes)"
    let ceiling = "ceil \(bits(1))"
    let tc = "tc -n \(namespace)"
    return [
      "\(tc) qdisc add dev \(interface) root handle 1: htb default 20",
      "\(tc) class add dev \(interface) parent 1: classid 1:1 htb rate \(bits(1)) \(burst)",
      "\(tc) class add dev \(interface) parent 1:1 classid 1:10 htb rate \(bits(0.1)) \(ceiling) prio 0 quantum 1514 \(burst)",
      "\(tc) class add dev \(interface) parent 1:1 classid 1:20 htb rate \(bits(0.9)) \(ceiling) prio 1 quantum 1514 \(burst)",
      "\(tc) filter add dev \(interface) parent 1: protocol ip prio 1 u32 match u16 0x0000 0xff80 at 2 flowid 1:10",
    ].map { SystemCommand($0) }
  }

  private func bits(_ share: Double) -> String { "\(Int((rate.bitsPerSecond * share).rounded()))bit" }
}
