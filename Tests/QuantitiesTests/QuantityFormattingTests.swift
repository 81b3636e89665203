import Quantities
import Testing

@Suite struct QuantityFormattingTests {
  @Test("quantities read as people write them")
  func quantitiesReadAsPeopleWriteThem() {
    #expect(Bandwidth(bitsPerSecond: 1e9).description == "1 Gbps")
    #expect(Bandwidth(bitsPerSecond: 999_960_000).description == "1 Gbps")
    #expect(Bandwidth(bitsPerSecond: 0).description == "0 bps")
    #expect(Bandwidth(bytesPerSecond: 3.35e12).byteRateDescription == "3.35 TB/s")
    #expect(DataSize(bytes: 4_194_304).description == "4.19 MB")
    #expect(DataSize(bytes: 999).description == "999 B")
    #expect(DataSize(bytes: 999_999).description == "1 MB")
    #expect(DataSize(bytes: 8_589_934_592).binaryDescription == "8 GiB")
    #expect(Duration.microseconds(1234).shortDescription == "1.234 ms")
    #expect(Duration.picoseconds(7).shortDescription == "7 ps")
    #expect(Duration.seconds(1800).shortDescription == "1800 s")
    #expect(Duration.seconds(5400).shortDescription == "1.5 h")
    #expect(Duration.nanoseconds(12_345).shortDescription == "12.35 µs")
    #expect(Energy(joules: 12.34).description == "12.3 J")
    #expect(Energy(joules: 0.000_5).description == "500 µJ")
    #expect(EnergyPerByte(joulesPerByte: 8e-11).description == "80 pJ/B")
    #expect(Power(watts: 0.25).description == "250 mW")
    #expect(Power(watts: 1500).description == "1.5 kW")
    #expect(ComputeRate(flopsPerSecond: 989.4e12).description == "989.4 TFLOPS")
    #expect(Ratio(0.625).description == "62.5%")
    #expect(Ratio(1).description == "100%")
    #expect(Ratio(0.000_12).description == "0.012%")
  }

  @Test("numbers keep their digits")
  func numbersKeepTheirDigits() {
    #expect(formatNumber(1008, significantDigits: 3) == "1008")
    #expect(formatNumber(0.012345, significantDigits: 3) == "0.0123")
    #expect(formatNumber(9.9999, significantDigits: 3) == "10")
    #expect(formatNumber(-2.5, significantDigits: 3) == "-2.5")
    #expect(formatNumber(100, significantDigits: 3) == "100")
  }

  /// A text read back is the value to half a unit of its last digit.
  @Test("what is written can be read")
  func whatIsWrittenCanBeRead() throws {
    let seed: UInt64 = 11
    var random = SplitMix64(state: seed)
    for trial in 0..<2000 {
      let size = Double.random(in: 0..<13, using: &random)
      let magnitude = Double.random(in: 1..<10, using: &random) * (0..<Int(size)).reduce(1.0) { value, _ in value * 10 }
      let comment: Comment = "seed \(seed), trial \(trial), magnitude \(magnitude)"
      func check(_ read: Double, _ written: Double, digits: Double) {
        #expect((read / written - 1).magnitude <= digits, comment)
      }
      let bandwidth = Bandwidth(bitsPerSecond: magnitude)
      check(try Bandwidth(parsing: bandwidth.description).bitsPerSecond, magnitude, digits: 5.001e-4)
      check(try Bandwidth(parsing: bandwidth.byteRateDescription).bitsPerSecond, magnitude, digits: 5.001e-4)
      let size3 = DataSize(bytes: Int(magnitude))
      check(Double(try DataSize(parsing: size3.description).bytes), Double(size3.bytes), digits: 5.001e-3)
      check(Double(try DataSize(parsing: size3.binaryDescription).bytes), Double(size3.bytes), digits: 5.001e-3)
      let duration = Duration.picoseconds(Int64(magnitude))
      check(try Duration(parsing: duration.shortDescription).inSeconds, duration.inSeconds, digits: 5.001e-4)
      check(
        try ComputeRate(parsing: ComputeRate(flopsPerSecond: magnitude).description).flopsPerSecond, magnitude,
        digits: 5.001e-4)
      let small = magnitude * 1e-6
      check(try Energy(parsing: Energy(joules: small).description).joules, small, digits: 5.001e-3)
      check(try Power(parsing: Power(watts: small).description).watts, small, digits: 5.001e-3)
      check(try Ratio(parsing: Ratio(small).description).value, small, digits: 5.001e-3)
    }
  }
}

/// Steele, Lea and Flood's generator, so that a seed gives the same cases everywhere.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
