import Quantities

extension DeviceCatalogue {
  static let raspberryPi5: DeviceSpecification = {
    let product = "Raspberry Pi 5 product brief"
    let url = "https://www.raspberrypi.com/products/raspberry-pi-5/"
    let clock = "4 Cortex-A76 cores x 2.4 GHz x 2 NEON pipes"
    return DeviceSpecification(
      id: "raspberry-pi-5", displayName: "Raspberry Pi 5 8 GB (CPU)", processor: .embeddedCPU,
      memory: .gibibytes(8, .datasheet("\(product), 8 GB variant", url: url)),
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
  }()
}
