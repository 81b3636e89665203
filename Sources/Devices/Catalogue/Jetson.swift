import Quantities

extension DeviceCatalogue {
  /// NVIDIA's Orin modules. Their GPUs differ in tensor cores and clock only.
  static let jetsons: [DeviceSpecification] = [
    jetson(
      id: "jetson-orin-nano", name: "Jetson Orin Nano 8 GB (15 W)", gibibytes: 8, reserved: 1.5, bandwidth: 68,
      tensorCores: 32, gigahertz: 0.625, idle: 4, busy: 15),
    jetson(
      id: "jetson-orin-nano-super", name: "Jetson Orin Nano Super 8 GB (25 W)", gibibytes: 8, reserved: 1.5,
      bandwidth: 102, tensorCores: 32, gigahertz: 1.02, idle: 5, busy: 25),
    jetson(
      id: "jetson-orin-nx", name: "Jetson Orin NX 16 GB (25 W)", gibibytes: 16, reserved: 1.5, bandwidth: 102.4,
      tensorCores: 32, gigahertz: 0.918, idle: 6, busy: 25),
    jetson(
      id: "jetson-agx-orin", name: "Jetson AGX Orin 64 GB (60 W)", gibibytes: 64, reserved: 2, bandwidth: 204.8,
      tensorCores: 64, gigahertz: 1.3, idle: 12, busy: 60),
  ]

  /// An Orin GPU has 32 CUDA cores for each tensor core, and a tensor core does 256 dense FP16 or 512 dense INT8
  /// multiply-adds a cycle. (The brief's 170 sparse INT8 TOPS are 64 x 512 x 2 x 1.3 GHz, doubled for sparsity.)
  private static func jetson(
    id: String, name: String, gibibytes: Double, reserved: Double, bandwidth: Double, tensorCores: Double,
    gigahertz: Double, idle: Double, busy: Double
  ) -> DeviceSpecification {
    let sheet = FigureSource.datasheet(
      "Jetson Orin module specifications",
      url: "https://www.nvidia.com/en-us/autonomous-machines/embedded-systems/jetson-orin/")
    func rate(_ operationsPerCycle: Double, _ text: String) -> Figure<ComputeRate> {
      let teraflops = tensorCores * operationsPerCycle * gigahertz / 1000
      return .teraflops(
        teraflops,
        .derived(
          "\(formatNumber(tensorCores, significantDigits: 3)) tensor cores x \(text) x "
            + "\(formatNumber(gigahertz, significantDigits: 4)) GHz, dense, Jetson AGX Orin technical brief",
          url: "https://www.nvidia.com/content/dam/en-zz/Solutions/gtcf21/jetson-orin/"
            + "nvidia-jetson-agx-orin-technical-brief.pdf"))
    }
    return DeviceSpecification(
      id: id, displayName: "NVIDIA \(name)", processor: .gpu, hardware: .jetson,
      memory: .gibibytes(gibibytes, sheet),
      reservedMemory: .gibibytes(
        reserved, .assumption("Linux without a desktop, carve-outs of the firmware and a CUDA context")),
      memoryBandwidth: .gigabytesPerSecond(bandwidth, sheet),
      memoryEfficiency: .fraction(
        0.85,
        .assumption(
          "NVIDIA reports 14.0 tokens/s of Llama 3.1 8B INT4 on the Orin Nano, about 60 of its 68 GB/s if weights take"
            + " 4.3 GB")),
      float32Peak: rate(32 * 2, "32 CUDA cores each x 2 (multiply-add)"),
      otherPeaks: [
        .float16: rate(256 * 2, "256 multiply-adds x 2"), .bfloat16: rate(256 * 2, "256 multiply-adds x 2"),
        .int8: rate(512 * 2, "512 multiply-adds x 2"),
      ],
      computeEfficiency: .fraction(0.6, .assumption("large matrix multiplications within the power limit")),
      launchOverhead: .microseconds(15, .assumption("dispatch and launch of one CUDA kernel from a Cortex-A78AE")),
      idlePower: .watts(idle, .assumption("not published; measured boards idle at a few watts")),
      busyPower: .watts(busy, .datasheet("the module's power mode, Jetson Orin module specifications", url: sheet.url)),
      networkEnergyPerByte: .gigabitEthernet)
  }
}
