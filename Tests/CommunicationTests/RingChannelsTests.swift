import Testing

@testable import Communication

@Suite("Rings that share the data")
struct RingChannelsTests {
  /// Every channel's ring, as the members in order.
  private func rings(_ channels: RingChannels, size: Int) -> [[Int]] {
    (0..<channels.count).map { channel in
      (0..<size).map { channels.rank(at: $0, channel: channel, size: size) }
    }
  }

  @Test(
    "on a full mesh no two of them share a link, and all but one in each member's links are used", arguments: 3...17)
  func edgeDisjoint(size: Int) {
    let channels = RingChannels.edgeDisjoint(size: size)
    var links: Set<[Int]> = []
    for (channel, ring) in rings(channels, size: size).enumerated() {
      #expect(Set(ring) == Set(0..<size), "channel \(channel): \(ring)")
      for (position, rank) in ring.enumerated() {
        #expect(channels.position(of: rank, channel: channel, size: size) == position)
        #expect(links.insert([rank, ring[(position + 1) % size]]).inserted, "channel \(channel): \(ring)")
      }
    }
    #expect(links.count == size * (size % 2 == 0 ? size - 2 : size - 1))
  }

  @Test("on nodes each ring enters and leaves by another member", arguments: [1, 2, 4, 8])
  func rotated(cards: Int) {
    let channels = RingChannels.rotated(cards: cards, nodeSize: 8)
    let rings = rings(channels, size: 24)
    #expect(rings.count == cards)
    for (channel, ring) in rings.enumerated() {
      #expect(Set(ring) == Set(0..<24))
      #expect(ring.enumerated().allSatisfy { channels.position(of: $1, channel: channel, size: 24) == $0 })
      #expect(stride(from: 0, to: 24, by: 8).allSatisfy { ring[$0] / 8 == $0 / 8 && ring[$0] % 8 == channel })
    }
  }

  @Test("a part of a block is as long as whole bytes allow")
  func parts() {
    for byteCount in 0...40 {
      for parts in 1...7 {
        let layout = BlockLayout.parts(count: 3 * parts, blockByteCount: byteCount, parts: parts)
        let sizes = (0..<(3 * parts)).map(layout.byteCount)
        #expect(sizes.reduce(0, +) == 3 * byteCount && layout.prefix(3 * parts) == 3 * byteCount)
        #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
        #expect((0..<(3 * parts)).allSatisfy { layout.prefix($0) == sizes[..<$0].reduce(0, +) })
      }
    }
  }
}
