import SimulationKernel
import Testing

@testable import Testbed

@Suite struct StreamTests {
  @Test("lines get their prefix however they arrive")
  func linesGetTheirPrefixHoweverTheyArrive() {
    var lines = LineSplitter(prefix: "[3] ")
    let pieces = ["on", "e\ntwo\n", "", "\nthr", "ee"]
    let output = pieces.map { String(decoding: lines.add($0.utf8), as: UTF8.self) }
    #expect(output == ["", "[3] one\n[3] two\n", "", "[3] \n", ""])
    #expect(String(decoding: lines.finish(), as: UTF8.self) == "[3] three\n")
    #expect(lines.finish().isEmpty)
  }

  @Test("frames leave in order a delay later", arguments: [UInt64(1), 2, 3]) func framesLeaveInOrderADelayLater(
    seed: UInt64
  ) {
    var generator = RandomStream(seed: seed, stream: 1)
    var line = DelayLine(delay: 1000, capacityBytes: 10_000)
    var expected: [(due: UInt64, bytes: [UInt8])] = []
    var now: UInt64 = 0
    for step in 0..<2000 {
      now += generator.next() % 300
      if generator.next() % 2 == 0 {
        let frame = [UInt8](repeating: UInt8(step % 251), count: Int(generator.next() % 1500))
        let fits = expected.reduce(0) { $0 + $1.bytes.count } + frame.count <= 10_000
        #expect(line.add(frame, at: now) == fits, "seed \(seed), step \(step)")
        if fits { expected.append((now + 1000, frame)) }
      } else {
        let next = line.removeFirst()
        let wanted = expected.isEmpty ? nil : expected.removeFirst()
        #expect(next?.due == wanted?.due && next?.bytes == wanted?.bytes, "seed \(seed), step \(step)")
      }
    }
  }
}
