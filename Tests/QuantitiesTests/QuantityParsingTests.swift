import Quantities
import Testing

@Suite struct QuantityParsingTests {
  @Test(
    "bandwidths",
    arguments: [
      ("1 Gbps", 1e9), ("100 Mbps", 1e8), ("800 kbps", 8e5), ("10 bps", 10), ("2.5 Tbps", 2.5e12), ("1 Gb/s", 1e9),
      ("1 Gbit/s", 1e9), ("1 GBps", 8e9), ("1 GB/s", 8e9), ("900 GB/s", 7.2e12), ("1 GiB/s", 8 * 1_073_741_824.0),
      ("1Gbps", 1e9), ("  1   Gbps ", 1e9), ("1e3 Mbps", 1e9), ("0", 0), ("+2 bps", 2), (".5 kbps", 500),
    ] as [(String, Double)])
  func bandwidths(text: String, bitsPerSecond: Double) throws {
    #expect(try Bandwidth(parsing: text).bitsPerSecond == bitsPerSecond)
  }

  @Test("capital B is bytes and small b is bits")
  func capitalBIsBytesAndSmallBIsBits() throws {
    let bytes = try Bandwidth(parsing: "1 GBps")
    let bits = try Bandwidth(parsing: "1 Gbps")
    #expect(bytes.bytesPerSecond == 8 * bits.bytesPerSecond)
  }

  @Test(
    "data sizes",
    arguments: [
      ("4 MB", 4_000_000), ("4 MiB", 4_194_304), ("512 B", 512), ("8 GB", 8_000_000_000), ("8 GiB", 8_589_934_592),
      ("1.1 kB", 1100), ("1.5 KiB", 1536), ("2 TiB", 2_199_023_255_552), ("7 bytes", 7), ("0", 0),
    ])
  func dataSizes(text: String, bytes: Int) throws {
    #expect(try DataSize(parsing: text).bytes == bytes)
  }

  @Test(
    "durations",
    arguments: [
      ("0.5 ms", 500_000_000), ("10 us", 10_000_000), ("10 µs", 10_000_000), ("10 μs", 10_000_000), ("3 ns", 3_000),
      ("1.5 s", 1_500_000_000_000), ("2 min", 120_000_000_000_000), ("100 ps", 100), ("1.1 s", 1_100_000_000_000),
      ("0.3 ps", 0), ("2 h", 7_200_000_000_000_000),
    ])
  func durations(text: String, picoseconds: Int64) throws {
    #expect(try Duration(parsing: text) == .picoseconds(picoseconds))
  }

  @Test("powers, energies, rates and ratios")
  func powersEnergiesRatesAndRatios() throws {
    #expect(try Power(parsing: "15 W").watts == 15)
    #expect(try Power(parsing: "250 mW").watts == 0.25)
    #expect(try Energy(parsing: "2 kWh").joules == 7.2e6)
    #expect(try EnergyPerByte(parsing: "10 pJ/bit").joulesPerByte == 8e-11)
    #expect(try ComputeRate(parsing: "40 TFLOPS").flopsPerSecond == 40e12)
    #expect(try ComputeRate(parsing: "1.2 PFLOPS").flopsPerSecond == 1.2e15)
    #expect(try ComputeRate(parsing: "500 GFLOPS").flopsPerSecond == 500e9)
    #expect(try ComputeRate(parsing: "40 TFLOP/s").flopsPerSecond == 40e12)
    #expect(try ComputeRate(parsing: "33 TOPS").flopsPerSecond == 33e12)
    #expect(try ComputeRate(parsing: "1EFLOPS").flopsPerSecond == 1e18)
    #expect(try Ratio(parsing: "50%").value == 0.5)
    #expect(try Ratio(parsing: "0.5").value == 0.5)
  }

  @Test(
    "a wrong unit is refused with the nearest",
    arguments: [
      ("1 Gps", "Gbps"), ("1 gbps", "Gbps"), ("1 GBPS", "GBps"), ("1 gb/s", "Gb/s"), ("100 mbps", "Mbps"),
      ("1 KB/s", "kB/s"), ("1 Gpbs", "Gbps"), ("1 Gbits/s", "Gbit/s"),
    ])
  func aWrongUnitIsRefusedWithTheNearest(text: String, nearest: String) throws {
    let error = try #require(throws: QuantityError.self) { try Bandwidth(parsing: text) }
    guard case .unknownUnit(_, let suggestion) = error.reason else {
      Issue.record("\(error)")
      return
    }
    #expect(suggestion == nearest)
  }

  @Test("a missing unit is refused", arguments: ["1000", "1000 "])
  func aMissingUnitIsRefused(text: String) throws {
    let error = try #require(throws: QuantityError.self) { try Bandwidth(parsing: text) }
    #expect(error.reason == .missingUnit)
  }

  @Test(
    "what is no number is refused",
    arguments: ["", "fast", "nan Gbps", "inf Gbps", "1,000 Mbps", "1_000 Mbps", "1.2.3 Gbps", "Gbps", "- Gbps"])
  func whatIsNoNumberIsRefused(text: String) throws {
    let error = try #require(throws: QuantityError.self) { try Bandwidth(parsing: text) }
    #expect(error.reason == .notANumber)
  }

  @Test("bounds are kept")
  func boundsAreKept() throws {
    func reason(_ parse: () throws -> Void) throws -> QuantityError.Reason {
      try #require(throws: QuantityError.self, performing: parse).reason
    }
    #expect(try reason { _ = try Bandwidth(parsing: "-1 Gbps") } == .outOfBounds(.notNegative))
    #expect(try reason { _ = try Bandwidth(parsing: "0 Gbps", .positive) } == .outOfBounds(.positive))
    #expect(try reason { _ = try Bandwidth(parsing: "0", .positive) } == .outOfBounds(.positive))
    #expect(try reason { _ = try DataSize(parsing: "0.2 B", .positive) } == .outOfBounds(.positive))
    #expect(try reason { _ = try Duration(parsing: "0.2 ps", .positive) } == .outOfBounds(.positive))
    #expect(try reason { _ = try Ratio(parsing: "101%", .fraction) } == .outOfBounds(.fraction))
    #expect(try reason { _ = try Ratio(parsing: "0", .positiveFraction) } == .outOfBounds(.positiveFraction))
    #expect(try reason { _ = try DataSize(parsing: "1e30 TB") } == .tooLarge)
    #expect(try reason { _ = try Duration(parsing: "3000 h") } == .tooLong)
    #expect(try reason { _ = try Bandwidth(parsing: "1e308 Tbps") } == .tooLarge)
    #expect(try reason { _ = try Bandwidth(parsing: "1e999 Gbps") } == .notANumber)
  }

  @Test("messages say what is allowed")
  func messagesSayWhatIsAllowed() throws {
    func message(_ parse: () throws -> Void) throws -> String {
      try #require(throws: QuantityError.self, performing: parse).description
    }
    #expect(
      try message { _ = try Bandwidth(parsing: "1 Gps") } == """
        "1 Gps" is not a bandwidth: unknown unit "Gps" (did you mean "Gbps"?); write a number and one of bps, kbps, \
        Mbps, Gbps, Tbps, B/s, kB/s, MB/s, GB/s, TB/s, KiB/s, MiB/s, GiB/s, TiB/s
        """)
    #expect(
      try message { _ = try Duration(parsing: "5") }
        == "\"5\" is not a duration: the unit is missing; write a number and one of ps, ns, us, ms, s, min, h")
    #expect(
      try message { _ = try Ratio(parsing: "half") }
        == "\"half\" is not a ratio: it does not start with a number; write a number and one of no unit, %")
    #expect(
      try message { _ = try Bandwidth(parsing: "0 Gbps", .positive) }
        == "\"0 Gbps\" is not allowed: a bandwidth must be greater than zero here")
  }
}
