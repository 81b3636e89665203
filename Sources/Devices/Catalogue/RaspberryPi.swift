import Quantities

extension DeviceCatalogue {
  static let raspberryPis: [DeviceSpecification] = [
    raspberryPi4,
    bcm2712(
      id: "raspberry-pi-5", name: "Raspberry Pi 5 8 GB", gibibytes: 8, product: "Raspberry Pi 5 product brief",
      url: "https://www.raspberrypi.com/products/raspberry-pi-5/"),
    bcm2712(
      id: "raspberry-pi-cm5", name: "Raspberry Pi Compute Module 5 16 GB", gibibytes: 16,
      product: "Compute Module 5 product brief", url: "https://www.raspberrypi.com/products/compute-module-5/"),
  ]

  private static let raspberryPi4: DeviceSpecification = {
    let product = "Raspberry Pi 4 Model B product brief"
    let url = "https://www.raspberrypi.com/products/raspberry-pi-4-model-b/"
    let clock = "4 Cortex-A72 cores x 1.8 GHz x 1 NEON multiply-add of 128 bit a cycle"
    let guide = "https://developer.arm.com/documentation/uan0016/latest/"
    let power = "https://www.pidramble.com/wiki/benchmarks/power-consumption"
    return DeviceSpecification(
      id: "raspberry-pi-4", displayName: "Raspberry Pi 4 Model B 8 GB (CPU)", processor: .embeddedCPU,
      hardware: .boardCPU,
      memory: .gibibytes(8, .datasheet("\(product), 8 GB variant", url: url)),
      reservedMemory: .gibibytes(0.5, .assumption("Raspberry Pi OS without a desktop, and the runtime")),
      memoryBandwidth: .gigabytesPerSecond(12.8, .derived("LPDDR4-3200 x 32 bit, \(product)", url: url)),
      memoryEfficiency: .fraction(
        0.4, .assumption("STREAM reaches 4 to 5.5 GB/s on four cores: few outstanding misses of each")),
      float32Peak: .teraflops(0.0576, .derived("\(clock) x 4 lanes x 2, Cortex-A72 optimization guide", url: guide)),
      otherPeaks: [
        .float64: .teraflops(
          0.0288, .derived("\(clock) x 2 lanes x 2, Cortex-A72 optimization guide", url: guide)),
        .float16: .teraflops(0.0576, .derived("the Cortex-A72 has no FP16 arithmetic: computed as float32")),
        .bfloat16: .teraflops(0.0576, .derived("the Cortex-A72 has no BF16 arithmetic: computed as float32")),
        .int8: .teraflops(
          0.0576,
          .derived(
            "4 Cortex-A72 cores x 1.8 GHz x 8 multiplications (SMULL) x 2, each with as long an addition (SADALP): it has no "
              + "SDOT", url: guide)),
      ],
      computeEfficiency: .fraction(0.5, .assumption("blocked matrix multiplication on small caches")),
      launchOverhead: .microseconds(15, .assumption("dispatch of one PyTorch operator on a Cortex-A72")),
      idlePower: .watts(2.7, .measurement("0.54 A at 5 V, Pi Dramble", url: power)),
      busyPower: .watts(6.4, .measurement("1.28 A at 5 V with four cores busy, Pi Dramble", url: power)),
      networkEnergyPerByte: .gigabitEthernet)
  }()

  /// The boards with a BCM2712.
  private static func bcm2712(id: String, name: String, gibibytes: Double, product: String, url: String)
    -> DeviceSpecification
  {
    let clock = "4 Cortex-A76 cores x 2.4 GHz x 2 NEON pipes"
    return DeviceSpecification(
      id: id, displayName: "\(name) (CPU)", processor: .embeddedCPU, hardware: .boardCPU,
      memory: .gibibytes(
        gibibytes, .datasheet("\(product), \(formatNumber(gibibytes, significantDigits: 2)) GB variant", url: url)),
      reservedMemory: .gibibytes(0.5, .assumption("Raspberry Pi OS without a desktop, and the runtime")),
      memoryBandwidth: .gigabytesPerSecond(
        17.068, .derived("LPDDR4X-4267 x 32 bit, \(product)", url: url)),
      memoryEfficiency: .fraction(0.6, .assumption("four cores do not saturate the memory controller")),
      float32Peak: .teraflops(0.1536, .derived("\(clock) x 4 lanes x 2 (multiply-add)")),
      otherPeaks: [
        .float64: .teraflops(0.0768, .derived("\(clock) x 2 lanes x 2 (multiply-add)")),
        .float16: .teraflops(0.3072, .derived("\(clock) x 8 lanes x 2 (multiply-add, Armv8.2 FP16)")),
        .bfloat16: .teraflops(0.1536, .derived("the Cortex-A76 has no BF16 arithmetic: computed as float32")),
        .int8: .teraflops(0.6144, .derived("\(clock) x 16 multiply-adds (SDOT) x 2")),
      ],
      computeEfficiency: .fraction(0.5, .assumption("blocked matrix multiplication on small caches")),
      launchOverhead: .microseconds(10, .assumption("dispatch of one PyTorch operator on a Cortex-A76")),
      idlePower: .watts(
        3.25,
        .measurement("0.65 A at 5 V, iiab issue 4050", url: "https://github.com/iiab/iiab/issues/4050")),
      busyPower: .watts(
        7.9,
        .measurement(
          "running Geekbench, geerlingguy/sbc-reviews issue 21",
          url: "https://github.com/geerlingguy/sbc-reviews/issues/21")),
      networkEnergyPerByte: .gigabitEthernet)
  }
}
