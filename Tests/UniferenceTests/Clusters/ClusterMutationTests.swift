import Testing

@testable import Uniference

/// Files that have gone wrong in random places either load or are refused in one line.
@Suite struct ClusterMutationTests {
  private static let original = """
    name: everything
    devices:
      - {name: jetson, count: 4, model: jetson-orin-nano, memory: 16 GB, speed: 0.5}
      - name: server
        model: cpu-server
        slowdowns:
          - {from: 10 s, until: 20 s, speed: 50%}
    network:
      topology: sites
      hosts_per_site: [4, 1]
      wide_area: {bandwidth: 100 Mbps, latency: 20 ms, jitter: 1 ms, loss: 0.1%}
      link: {bandwidth: 1 Gbps, latency: 0.5 ms}
      transport: {base: gloo-tcp, wire_factor: [[0 B, 1.5], [1 MiB, 1.05]]}
      collectives: {all_reduce: ring, otherwise: gloo}
      changes: [{link: "site0->site1", at: 1 s, down_until: 3 s}]
    failures: [{device: jetson-2, at: 5 s}]

    """
  private static let pieces =
    original.split(whereSeparator: { " \n{}[],:".contains($0) }).map(String.init)
    + [
      "-", "[", "]", "{", "}", ":", ",", "\n", "  ", "\"", "'", "&a", "*a", "|", ">", "#", "\t", "0", "-1", "1e999",
      "é",
    ]

  @Test("mutations", arguments: 0..<600) func mutations(seed: UInt64) throws {
    var random = SplitMix(state: seed)
    var text = Array(Self.original)
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let start = Int.random(in: 0..<max(1, text.count), using: &random)
      let end = min(text.count, start + Int.random(in: 0...8, using: &random))
      switch Int.random(in: 0..<4, using: &random) {
      case 0: text.removeSubrange(start..<end)
      case 1: text.replaceSubrange(start..<start, with: Self.pieces.randomElement(using: &random)!)
      case 2: text.replaceSubrange(start..<end, with: Self.pieces.randomElement(using: &random)!)
      default: text.append(contentsOf: text[start..<end])
      }
    }
    do throws(DocumentError) {
      _ = try Cluster(yaml: String(text), file: "c.yaml")
    } catch {
      let message = error.description
      #expect(message.firstMatch(of: /^c\.yaml:[1-9][0-9]*: [^\n\r]+$/) != nil, "seed \(seed): \(message)")
    }
  }

  @Test("the original loads")
  func theOriginalLoads() throws {
    #expect(try Cluster(yaml: Self.original).devices.count == 5)
  }
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
