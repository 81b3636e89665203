import Quantities

extension DeviceCatalogue {
  /// The GPU of the processor known as Strix Halo.
  static let ryzenAIMax: DeviceSpecification = {
    let product = "AMD Ryzen AI Max+ 395 product page"
    let url =
      "https://www.amd.com/en/products/processors/laptop/ryzen/ai-300-series/amd-ryzen-ai-max-plus-395.html"
    let tests = "https://llm-tracker.info/_TOORG/Strix-Halo"
    let clock = "40 RDNA 3.5 compute units x 2.9 GHz"
    let matrix = FigureSource.derived("\(clock) x 512 operations (WMMA), \(product)", url: url)
    return DeviceSpecification(
      id: "ryzen-ai-max-395", displayName: "AMD Ryzen AI Max+ 395 128 GB (Radeon 8060S GPU)", processor: .gpu,
      hardware: .integratedGPU,
      memory: .gibibytes(128, .datasheet("\(product), the most memory that it takes", url: url)),
      reservedMemory: .gibibytes(16, .assumption("Linux, and what the driver does not give to the GPU")),
      memoryBandwidth: .gigabytesPerSecond(256, .derived("LPDDR5X-8000 x 256 bit, \(product)", url: url)),
      memoryEfficiency: .fraction(
        0.83, .measurement("212 of 256 GB/s by rocm_bandwidth_test, llm-tracker", url: tests)),
      float32Peak: .teraflops(29.7, .derived("\(clock) x 256 operations (dual issue), \(product)", url: url)),
      otherPeaks: [
        .float64: .teraflops(
          0.464, .derived("\(clock) x 4 operations: one float64 unit for 32 float32 ones that issue alone", url: url)),
        .float16: .teraflops(59.4, matrix), .bfloat16: .teraflops(59.4, matrix), .int8: .teraflops(59.4, matrix),
      ],
      computeEfficiency: .fraction(
        0.62, .measurement("36.9 TFLOPS of bfloat16 matrix multiplications by hipBLASLt, llm-tracker", url: tests)),
      launchOverhead: .microseconds(10, .assumption("dispatch and launch of one HIP kernel on the same die")),
      idlePower: .watts(12, .assumption("a desktop machine at rest, not published")),
      busyPower: .watts(
        140, .assumption("120 W, the highest thermal design power of the \(product), plus memory and fans")),
      networkEnergyPerByte: .tenGigabitEthernet)
  }()

  /// One of the two dies of the accelerator: software sees each as a GPU of its own.
  static let mi250xDie: DeviceSpecification = {
    let sheet = FigureSource.datasheet(
      "AMD Instinct MI250X data sheet, half",
      url: "https://www.amd.com/en/products/accelerators/instinct/mi200/mi250x.html")
    let matrix = sheet.adding("matrix cores, which rocBLAS uses")
    var device = DeviceSpecification(
      id: "mi250x-gcd", displayName: "AMD Instinct MI250X 64 GB (one of two dies)", processor: .gpu,
      hardware: .datacentreGPU,
      memory: .gibibytes(64, sheet),
      reservedMemory: .gibibytes(1, .assumption("driver, HIP context and the libraries' workspaces")),
      memoryBandwidth: .gigabytesPerSecond(1638.4, sheet),
      memoryEfficiency: .fraction(0.8, .assumption("streaming kernels on one die")),
      float32Peak: .teraflops(47.85, matrix),
      otherPeaks: [
        .float64: .teraflops(47.85, matrix), .float16: .teraflops(191.5, matrix), .bfloat16: .teraflops(191.5, matrix),
        .int8: .teraflops(191.5, matrix),
      ],
      computeEfficiency: .fraction(0.6, .assumption("large bfloat16 matrix multiplications")),
      launchOverhead: .microseconds(8, .assumption("dispatch and launch of one HIP kernel from a fast host")),
      idlePower: .watts(45, .assumption("half of a module at rest, not published")),
      busyPower: .watts(280, sheet.adding("peak board power")),
      networkEnergyPerByte: .datacentreAdapter)
    device.hostLink = .pcie(.fourth, sheet)
    device.setServerPowers()
    return device
  }()

  static let mi300x: DeviceSpecification = {
    let sheet = FigureSource.datasheet(
      "AMD Instinct MI300X data sheet",
      url: "https://www.amd.com/en/products/accelerators/instinct/mi300/mi300x.html")
    let matrix = FigureSource(.datasheet, sheet.text + ", matrix cores, dense", url: sheet.url)
    var device = DeviceSpecification(
      id: "mi300x", displayName: "AMD Instinct MI300X 192 GB", processor: .gpu, hardware: .datacentreGPU,
      memory: .gibibytes(192, sheet),
      reservedMemory: .gibibytes(1, .assumption("driver, HIP context and the libraries' workspaces")),
      memoryBandwidth: .gigabytesPerSecond(5300, sheet),
      memoryEfficiency: .fraction(0.75, .assumption("streaming kernels across eight dies")),
      float32Peak: .teraflops(163.4, sheet),
      otherPeaks: [
        .float64: .teraflops(163.4, matrix), .float16: .teraflops(1307.4, matrix),
        .bfloat16: .teraflops(1307.4, matrix), .float8: .teraflops(2614.9, matrix), .int8: .teraflops(2614.9, matrix),
      ],
      computeEfficiency: .fraction(
        0.47,
        .assumption(
          "SemiAnalysis, December 2024: about 620 TFLOPS of large bfloat16 matrix multiplications")),
      launchOverhead: .microseconds(7, .assumption("dispatch and launch of one HIP kernel from a fast host")),
      idlePower: .watts(140, .assumption("with a context open, not published")),
      busyPower: .watts(750, FigureSource(.datasheet, sheet.text + ", board power limit", url: sheet.url)),
      networkEnergyPerByte: .datacentreAdapter)
    device.hostLink = .pcie(.fifth, sheet)
    device.setServerPowers()
    return device
  }()

  static let cpuServer: DeviceSpecification = {
    let product = "AMD EPYC 9654 product page"
    let url =
      "https://www.amd.com/en/products/processors/server/epyc/4th-generation-9004-and-8004-series/"
      + "amd-epyc-9654.html"
    let clock = "96 Zen 4 cores x 2.4 GHz base clock"
    return DeviceSpecification(
      id: "cpu-server", displayName: "CPU server, one AMD EPYC 9654, 384 GB", processor: .cpu, hardware: .serverCPU,
      memory: .gibibytes(384, .assumption("12 modules of 32 GB, a common way to fill the 12 channels")),
      reservedMemory: .gibibytes(4, .assumption("Linux and the runtime")),
      memoryBandwidth: .gigabytesPerSecond(460.8, .datasheet("12 channels of DDR5-4800, \(product)", url: url)),
      memoryEfficiency: .fraction(0.8, .assumption("streaming reads by all cores with memory bound to its node")),
      float32Peak: .teraflops(7.3728, .derived("\(clock) x 32 FLOPs (two 256-bit multiply-add pipes)", url: url)),
      otherPeaks: [
        .float64: .teraflops(3.6864, .derived("\(clock) x 16 FLOPs (two 256-bit multiply-add pipes)", url: url)),
        .float16: .teraflops(7.3728, .derived("Zen 4 has no FP16 arithmetic: computed as float32", url: url)),
        .bfloat16: .teraflops(14.7456, .derived("\(clock) x 64 FLOPs (AVX-512 BF16 dot products)", url: url)),
        .int8: .teraflops(29.4912, .derived("\(clock) x 128 operations (AVX-512 VNNI)", url: url)),
      ],
      computeEfficiency: .fraction(0.7, .assumption("large matrix multiplications at the base clock")),
      launchOverhead: .microseconds(
        10, .assumption("dispatch of one PyTorch operator and a fork and join of 96 threads")),
      idlePower: .watts(150, .assumption("processor, memory and fans of a waiting server, not published")),
      busyPower: .watts(
        460, .assumption("360 W thermal design power, \(product), plus about 100 W for memory, adapter and fans")),
      networkEnergyPerByte: .datacentreAdapter)
  }()
}
