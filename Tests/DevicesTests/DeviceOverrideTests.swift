import Devices
import Quantities
import Testing

@Suite struct DeviceOverrideTests {
  let jetson: DeviceSpecification

  init() throws {
    jetson = try DeviceCatalogue.device("jetson-orin-nano")
  }

  @Test("an overridden figure says so")
  func anOverriddenFigureSaysSo() throws {
    var device = jetson
    try device.set(field: "memory_bandwidth", to: "102 GB/s")
    try device.set(field: "peak_bfloat16", to: "16 TFLOPS")
    try device.set(field: "peak_float32", to: "2 TFLOPS")
    #expect(device.memoryBandwidth.value.bytesPerSecond == 102e9)
    #expect(device.memoryBandwidth.source.description == "set in the cluster file")
    #expect(device.peak(for: .bfloat16).value.flopsPerSecond == 16e12)
    #expect(device.peak(for: .float32).value.flopsPerSecond == 2e12)
    #expect(device.peak(for: .int32).value.flopsPerSecond == 2e12)
    #expect(device.peak(for: .float16) == jetson.peak(for: .float16))
    #expect(device.memory == jetson.memory)
  }

  @Test(
    "wrong overrides are refused",
    arguments: [
      ("memory_bandwith", "1 GB/s", "a device has no field \"memory_bandwith\": did you mean \"memory_bandwidth\"?"),
      ("memory_bandwidth", "0 GB/s", "memory_bandwidth: \"0 GB/s\" is not allowed: a bandwidth must be greater than"),
      ("memory", "8", "memory: \"8\" is not a data size: the unit is missing"),
      ("peak_float16", "40 TFLOP", "peak_float16: \"40 TFLOP\" is not a compute rate: unknown unit \"TFLOP\""),
      (
        "compute_efficiency", "120%",
        "compute_efficiency: \"120%\" is not allowed: a ratio must lie between 0.000001 and 1"
      ),
      ("launch_overhead", "-1 us", "launch_overhead: \"-1 us\" is not allowed: a duration must not be negative"),
      ("idle_power", "5 watts", "idle_power: \"5 watts\" is not a power: unknown unit \"watts\""),
    ])
  func wrongOverridesAreRefused(field: String, text: String, message: String) throws {
    var device = jetson
    let error = try #require(throws: DeviceError.self) { try device.set(field: field, to: text) }
    #expect(error.description.hasPrefix(message), "\(error)")
    #expect(!error.description.contains("\n"))
    #expect(device == jetson)
  }

  @Test("figures must fit together")
  func figuresMustFitTogether() throws {
    let memory = try #require(throws: DeviceError.self) { try jetson.overriding([("memory", "1 GiB")]) }
    #expect(memory.description.hasPrefix("memory: nothing is left of 1 GiB after reserved_memory of 1.5 GiB"))
    let power = try #require(throws: DeviceError.self) { try jetson.overriding([("busy_power", "2 W")]) }
    #expect(power.description.hasPrefix("idle_power: 4 W exceeds busy_power of 2 W"))
    let both = try jetson.overriding([("memory", "1 GiB"), ("reserved_memory", "0.25 GiB")])
    #expect(both.usableMemory.binaryDescription == "768 MiB")
  }

  @Test("sources show how far they can be trusted")
  func sourcesShowHowFarTheyCanBeTrusted() {
    #expect(FigureSource.assumption("a guess").description == "assumption: a guess")
    #expect(
      FigureSource.datasheet("X datasheet", url: "https://x.example").description == "X datasheet (https://x.example)")
    #expect(FigureSource.derived("2 x 3").description == "derived: 2 x 3")
    #expect(FigureSource.measurement("by us").description == "measured: by us")
  }
}
