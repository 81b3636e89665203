import SimulationKernel
import Testing

@Suite("Virtual time")
struct TimeTests {
  @Test("instants advance, and end in the distant future")
  func instants() {
    let start = VirtualTime(seconds: 2.5)
    #expect(start.advanced(by: .milliseconds(-500)) == VirtualTime(seconds: 2))
    #expect(start.duration(to: VirtualTime(seconds: 1)) == .milliseconds(-1500))
    #expect(VirtualTime.distantFuture.advanced(byPicoseconds: 1) == .distantFuture)
    #expect(VirtualTime(seconds: 1).advanced(by: .seconds(1e9)) == .distantFuture)
    #expect(VirtualTime(seconds: 1e-12) > .zero)
  }

  @Test(
    "are written in the unit that suits their size",
    arguments: [
      (0, "0 s"), (7, "7 ps"), (1500, "1.5 ns"), (2_000_000, "2 us"), (1_234_567_000_000, "1.234567 s"),
      (12_000_000_000, "12 ms"), (-1_500, "-1.5 ns"), (-3, "-3 ps"),
    ] as [(Int64, String)])
  func description(picoseconds: Int64, text: String) {
    #expect(VirtualTime(picoseconds: picoseconds).description == text)
  }
  @Test("a process's clock stands still while it sleeps")
  func sleeping() throws {
    let engine = Engine()
    let sleeper = engine.spawn { process in
      process.compute(picoseconds: 100)
      try await process.sleep(until: VirtualTime(picoseconds: 500), at: .init())
      #expect(process.now.picoseconds == 500 && process.lastReturn.picoseconds == 500)
      try await process.sleep(until: VirtualTime(picoseconds: 400), at: .init())
      #expect(process.now.picoseconds == 500)
    }
    engine.call(at: VirtualTime(picoseconds: 300)) { #expect(sleeper.now.picoseconds == 100) }

    try engine.run()

    #expect(sleeper.now.picoseconds == 500)
  }
}
