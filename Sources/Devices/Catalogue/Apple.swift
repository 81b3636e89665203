import Quantities

extension DeviceCatalogue {
  static let iPhones: [DeviceSpecification] = [
    apple(
      id: "iphone-15-pro", name: "iPhone 15 Pro (A17 Pro GPU)",
      memory: .gibibytes(8, .measurement("8 GB as teardowns report; Apple publishes none")),
      reserved: .gibibytes(3, .assumption("iOS leaves an app about 5 GiB with the increased-memory entitlement")),
      bandwidth: .gigabytesPerSecond(51.2, .derived("LPDDR5-6400 x 64 bit as teardowns report; Apple publishes none")),
      gpuCores: 6, gigahertz: 1.398, clock: reportedClock, memoryEfficiency: 0.8,
      idle: .watts(1, .assumption("screen on, not published")),
      busy: .watts(8, .assumption("GPU and memory before thermal throttling, not published")),
      network: .phoneWiFi, hardware: .phone),
    apple(
      id: "iphone-16-pro", name: "iPhone 16 Pro (A18 Pro GPU)",
      memory: .gibibytes(8, .measurement("8 GB as teardowns report; Apple publishes none")),
      reserved: .gibibytes(3, .assumption("iOS leaves an app about 5 GiB with the increased-memory entitlement")),
      bandwidth: .gigabytesPerSecond(60, .derived("LPDDR5X-7500 x 64 bit as teardowns report; Apple publishes none")),
      gpuCores: 6, gigahertz: 1.45, clock: reportedClock, memoryEfficiency: 0.8,
      idle: .watts(1, .assumption("screen on, not published")),
      busy: .watts(8, .assumption("GPU and memory before thermal throttling, not published")),
      network: .phoneWiFi, hardware: .phone),
  ]

  static let macs: [DeviceSpecification] = [
    mac(
      id: "mac-m1", name: "Mac mini M1 16 GB (8-core GPU)", gibibytes: 16, bandwidth: 68.25, gpuCores: 8,
      gigahertz: 1.278, clock: measuredClock, idle: .watts(6.8, macMiniPower), busy: .watts(39, macMiniPower)),
    mac(
      id: "mac-m2-ultra", name: "Mac Studio M2 Ultra 192 GB (76-core GPU)", gibibytes: 192, bandwidth: 800,
      gpuCores: 76, gigahertz: 1.398, clock: measuredClock, idle: .watts(10, macStudioPower),
      busy: .watts(295, macStudioPower)),
    mac(
      id: "mac-m3-max", name: "MacBook Pro M3 Max 128 GB (40-core GPU)", gibibytes: 128, bandwidth: 400,
      gpuCores: 40, gigahertz: 1.398, clock: reportedClock,
      idle: .watts(8, .assumption("as a Mac Studio M2 Max, display off")),
      busy: .watts(90, .assumption("CPU and GPU at full load, not published"))),
    mac(
      id: "mac-m3-ultra", name: "Mac Studio M3 Ultra 512 GB (80-core GPU)", gibibytes: 512, bandwidth: 819,
      gpuCores: 80, gigahertz: 1.398, clock: reportedClock, idle: .watts(10, .assumption("as a Mac Studio M2 Ultra")),
      busy: .watts(295, .assumption("as a Mac Studio M2 Ultra"))),
    mac(
      id: "mac-m4-pro", name: "Mac mini M4 Pro 64 GB (20-core GPU)", gibibytes: 64, bandwidth: 273, gpuCores: 20,
      gigahertz: 1.578, clock: reportedClock, idle: .watts(6.8, .assumption("as a Mac mini M1")),
      busy: .watts(140, .assumption("what the press quotes of Apple's figures for the Mac mini"))),
    mac(
      id: "mac-m4-max", name: "Mac Studio M4 Max 128 GB (40-core GPU)", gibibytes: 128, bandwidth: 546, gpuCores: 40,
      gigahertz: 1.578, clock: reportedClock, idle: .watts(9, .assumption("as a Mac Studio M2 Max")),
      busy: .watts(145, .assumption("as a Mac Studio M2 Max"))),
  ]

  private static let measuredClock = FigureSource.derived(
    "clock as measured by metal-benchmarks", url: "https://github.com/philipturner/metal-benchmarks")
  private static let reportedClock = FigureSource.assumption("a clock that the press reports, Apple publishes none")

  private static let macMiniPower = FigureSource.datasheet(
    "Apple's figures for the Mac mini, at the wall, as quoted by Daring Fireball",
    url: "https://daringfireball.net/2021/01/mac_mini_power_consumption")
  private static let macStudioPower = FigureSource.datasheet(
    "Mac Studio power consumption, at the wall", url: "https://support.apple.com/102027")

  private static func mac(
    id: String, name: String, gibibytes: Double, bandwidth: Double, gpuCores: Double, gigahertz: Double,
    clock: FigureSource, idle: Figure<Power>, busy: Figure<Power>
  ) -> DeviceSpecification {
    let specifications = FigureSource.datasheet(
      "Apple technical specifications", url: "https://support.apple.com/specs")
    return apple(
      id: id, name: name, memory: .gibibytes(gibibytes, specifications),
      reserved: .gibibytes(
        gibibytes / 4, .assumption("Metal's recommended working set leaves about a quarter to macOS")),
      bandwidth: .gigabytesPerSecond(bandwidth, specifications), gpuCores: gpuCores, gigahertz: gigahertz,
      clock: clock, memoryEfficiency: 0.85, idle: idle, busy: busy, network: .tenGigabitEthernet,
      hardware: .appleGPU)
  }

  /// A core of an Apple GPU has 128 lanes, each with one multiply-add a cycle, as fast in float16 as in float32
  /// (github.com/philipturner/metal-benchmarks).
  private static func apple(
    id: String, name: String, memory: Figure<DataSize>, reserved: Figure<DataSize>, bandwidth: Figure<Bandwidth>,
    gpuCores: Double, gigahertz: Double, clock: FigureSource, memoryEfficiency: Double, idle: Figure<Power>,
    busy: Figure<Power>, network: Figure<EnergyPerByte>, hardware: HardwareKind
  ) -> DeviceSpecification {
    let rate = Figure.teraflops(
      gpuCores * 128 * 2 * gigahertz / 1000,
      FigureSource(
        clock.kind,
        "\(formatNumber(gpuCores, significantDigits: 3)) GPU cores x 128 lanes x 2 (multiply-add) x "
          + "\(formatNumber(gigahertz, significantDigits: 4)) GHz, \(clock.text)",
        url: clock.url))
    return DeviceSpecification(
      id: id, displayName: "Apple \(name)", processor: .gpu, hardware: hardware, memory: memory,
      reservedMemory: reserved, memoryBandwidth: bandwidth,
      memoryEfficiency: .fraction(memoryEfficiency, .assumption("streaming reads by the GPU")),
      float32Peak: rate, otherPeaks: [.float16: rate],
      computeEfficiency: .fraction(0.75, .assumption("large matrix multiplications in Metal")),
      launchOverhead: .microseconds(10, .assumption("encoding and dispatch of one Metal kernel in a batch")),
      idlePower: idle, busyPower: busy, networkEnergyPerByte: network)
  }
}
