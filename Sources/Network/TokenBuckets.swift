/// Token buckets of shaped links.
///
/// A link that is shaped by a token bucket (Linux's htb and tbf, a provider's rate limit) gains tokens while it is idle, at
/// most ``Link/burstBytes``, and lets that much of the next messages pass at memory speed. So a small message takes no time
/// on it, and a long one starts ahead:
///
///     tokens(now) = min(burst, tokens(then) + capacity · (now - then) - bytes carried in between)
///     credit of a message = min over its links of tokens(now)
///
/// Such shapers forward whole packets, each as soon as the bucket is not overdrawn (htb_class_mode in Linux's sch_htb.c).
/// So the tail packet of a message takes no time, and leaves a token overdraft that the next message waits for:
///
///     credit of a message = min over its links of tokens(now) + bytes of its tail packet there
///
/// Messages of less than ``Link/smallBytes`` do not wait for an overdraft, but add to it: where whole packets are forwarded,
/// small ones go first (acknowledgements, without which a shaper does not behave like a network card).
///
/// A link without a bucket has no tokens: it paces whatever crosses it.
struct TokenBuckets {
  private struct Bucket {
    let burst: Double
    let packet: Double
    /// Negative while the bucket is overdrawn.
    var tokens: Double
    var updated: Int64 = 0
    /// What the link had carried then.
    var carried: Double = 0
    /// Tokens spent on messages that are not among what was carried yet.
    var prepaid: Double = 0

    init(burst: Double, packet: Double) {
      self.burst = burst
      self.packet = packet
      tokens = burst
    }

    /// A link that is in use saves nothing up.
    ///
    /// - Parameter unpaced: bytes that have passed meanwhile without waiting.
    mutating func refill(at now: Int64, link: LinkState, unpaced: Double = 0) {
      let passed = link.carried - carried
      let earned = link.crossings > 0 ? 0 : link.capacity * Double(now - updated) * 1e-12
      let gained = earned - max(0, passed - prepaid)
      // Messages under way are paid for by the time that they take; only tail packets overdraw.
      tokens = min(burst, max(min(0, tokens), tokens + gained) - unpaced)
      prepaid = max(0, prepaid - passed)
      updated = now
      carried = link.carried
    }

    /// Bytes of a message that take no time now; negative where it waits for an overdraft.
    func credit(for byteCount: Double) -> Double {
      guard packet > 0 else { return tokens }
      if byteCount < Link.smallBytes { return byteCount }
      let others = ((byteCount / packet).rounded(.up) - 1) * packet
      return tokens + byteCount - max(0, others)
    }

    mutating func spend(_ byteCount: Double) {
      tokens -= byteCount
      prepaid += byteCount
    }
  }

  private var buckets: [LinkID: Bucket] = [:]

  init(_ links: LinkTable) {
    for (index, link) in links.enumerated() where link.burstBytes > 0 {
      buckets[LinkID(index)] = Bucket(burst: link.burstBytes, packet: link.packetBytes)
    }
  }

  var isEmpty: Bool { buckets.isEmpty }

  /// Notes bytes that have passed a link of late without waiting.
  mutating func charge(_ byteCount: Double, to link: LinkID, at now: Int64, state: LinkState) {
    buckets[link]?.refill(at: now, link: state, unpaced: byteCount)
  }

  /// Takes from every link of a route what a message may pass at once.
  ///
  /// - Returns: bytes of the message that take no time; negative where it has to wait for so many others.
  mutating func spend(
    upTo byteCount: Double, on route: some Sequence<LinkID>, at now: Int64, state: (LinkID) -> LinkState
  ) -> Double {
    var credit = byteCount
    for link in route {
      buckets[link]?.refill(at: now, link: state(link))
      credit = min(credit, buckets[link]?.credit(for: byteCount) ?? 0)
    }
    for link in route { buckets[link]?.spend(credit) }
    return credit
  }
}
