/// All-reduce, reduce-scatter and all-gather around several rings at once, each with its share of the data.
///
/// Step `s` of channel `c` is exchange `s C + c` of C channels, so a window of C keeps one message of each ring in flight.
/// With C rings over links of their own, latency alpha and bandwidth B each, an all-reduce of S bytes takes
/// 2 (N - 1) (alpha + S / (N C B)).
struct MultiRing: ExchangeSchedule {
  let layout: BlockLayout
  private let channels: RingChannels
  private let rank: Int32
  private let size: Int32
  private let reduces: Bool
  private let gathers: Bool

  /// - Parameter layout: a block for each member's part in each channel: channel `c` of member `i` is block `i C + c`.
  init(rank: Int, size: Int, channels: RingChannels, reduces: Bool, gathers: Bool, layout: BlockLayout) {
    self.layout = layout
    self.channels = channels
    self.rank = Int32(rank)
    self.size = Int32(size)
    self.reduces = reduces
    self.gathers = gathers
  }

  var window: Int { channels.count }
  var firstStep: Int { reduces ? 0 : (Int(size) - 1) * channels.count }
  var endStep: Int { (gathers ? 2 : 1) * (Int(size) - 1) * channels.count }

  func exchange(at index: Int) -> Exchange {
    let size = Int(size)
    let (step, channel) = index.quotientAndRemainder(dividingBy: channels.count)
    let position = channels.position(of: Int(rank), channel: channel, size: size)
    func member(_ position: Int) -> Int { channels.rank(at: position % size, channel: channel, size: size) }
    func transfer(with peer: Int, blockAt position: Int) -> Transfer? {
      Transfer(
        peer: member(peer), round: index, layout: layout, start: member(position) * channels.count + channel)
    }
    let sent = position + 1 + step
    return Exchange(
      send: transfer(with: position + size - 1, blockAt: sent),
      receive: transfer(with: position + 1, blockAt: sent + 1),
      combines: step < size - 1)
  }
}
