import Quantities

extension DeviceCatalogue {
  static let geForces: [DeviceSpecification] = {
    let ampere = FigureSource.datasheet(
      "NVIDIA Ampere GA102 GPU architecture whitepaper, RTX 3090",
      url: "https://www.nvidia.com/content/PDF/nvidia-ampere-ga-102-gpu-architecture-whitepaper-v2.1.pdf")
    let ada = FigureSource.datasheet(
      "NVIDIA Ada GPU architecture whitepaper, RTX 4090",
      url: "https://images.nvidia.com/aem-dam/Solutions/geforce/ada/nvidia-ada-gpu-architecture.pdf")
    return [
      nvidia(
        id: "rtx-3090", name: "GeForce RTX 3090 24 GB", sheet: ampere, gibibytes: 24, bandwidth: 936,
        float32: 35.6, float16: 71, float8: nil, int8: 284, idle: 30, busy: 350, efficiency: 0.8,
        network: .tenGigabitEthernet),
      nvidia(
        id: "rtx-4090", name: "GeForce RTX 4090 24 GB", sheet: ada, gibibytes: 24, bandwidth: 1008,
        float32: 82.6, float16: 165.2, float8: 330.3, int8: 660.6, idle: 30, busy: 450, efficiency: 0.8,
        network: .tenGigabitEthernet),
    ]
  }()

  static let l40s: DeviceSpecification = nvidia(
    id: "l40s", name: "L40S 48 GB",
    sheet: .datasheet("NVIDIA L40S datasheet", url: "https://www.nvidia.com/en-us/data-center/l40s/"), gibibytes: 48,
    bandwidth: 864, float32: 91.6, float16: 362.05, float8: 733, int8: 733, idle: 100, busy: 350, efficiency: 0.65)

  static let a100s: [DeviceSpecification] = {
    let sheet = FigureSource.datasheet(
      "NVIDIA A100 datasheet",
      url: "https://www.nvidia.com/content/dam/en-zz/Solutions/Data-Center/a100/pdf/"
        + "nvidia-a100-datasheet-us-nvidia-1758950-r4-web.pdf")
    return [("a100-sxm-40gb", 40.0, 1555.0), ("a100-sxm-80gb", 80, 2039)].map { id, gibibytes, bandwidth in
      nvidia(
        id: id, name: "A100 SXM \(Int(gibibytes)) GB", sheet: sheet, gibibytes: gibibytes, bandwidth: bandwidth,
        float64: 19.5, float32: 19.5, float16: 312, float8: nil, int8: 624, idle: 80, busy: 400, efficiency: 0.8)
    }
  }()

  static let hoppers: [DeviceSpecification] = {
    let h100 = FigureSource.datasheet("NVIDIA H100 datasheet", url: "https://www.nvidia.com/en-us/data-center/h100/")
    let h200 = FigureSource.datasheet("NVIDIA H200 datasheet", url: "https://www.nvidia.com/en-us/data-center/h200/")
    return [
      nvidia(
        id: "h100-pcie", name: "H100 PCIe 80 GB", sheet: h100, gibibytes: 80, bandwidth: 2000, float64: 51,
        float32: 51, float16: 756, float8: 1513, int8: 1513, idle: 80, busy: 350, efficiency: 0.6),
      nvidia(
        id: "h100-sxm", name: "H100 SXM 80 GB", sheet: h100, gibibytes: 80, bandwidth: 3350, float64: 67,
        float32: 67, float16: 989.4, float8: 1978.9, int8: 1978.9, idle: 110, busy: 700, efficiency: 0.7),
      nvidia(
        id: "h200-sxm", name: "H200 SXM 141 GB", sheet: h200, gibibytes: 141, bandwidth: 4800, float64: 67,
        float32: 67, float16: 989.4, float8: 1978.9, int8: 1978.9, idle: 120, busy: 700, efficiency: 0.7),
    ]
  }()

  /// Rates in TFLOPS, dense; datasheets that print them with sparsity print twice these. float16 and bfloat16 run on
  /// tensor cores accumulating in float32; float32 is the rate without tensor cores, as PyTorch computes by default.
  private static func nvidia(
    id: String, name: String, sheet: FigureSource, gibibytes: Double, bandwidth: Double, float64: Double? = nil,
    float32: Double, float16: Double, float8: Double?, int8: Double, idle: Double, busy: Double, efficiency: Double,
    network: Figure<EnergyPerByte> = .datacentreAdapter
  ) -> DeviceSpecification {
    let tensor = FigureSource(
      .datasheet, sheet.text + ", tensor cores, dense: half of what is printed with sparsity", url: sheet.url)
    var peaks: [ElementType: Figure<ComputeRate>] = [
      .float16: .teraflops(float16, tensor), .bfloat16: .teraflops(float16, tensor), .int8: .teraflops(int8, tensor),
    ]
    if let float8 { peaks[.float8] = .teraflops(float8, tensor) }
    if let float64 { peaks[.float64] = .teraflops(float64, tensor) }
    return DeviceSpecification(
      id: id, displayName: "NVIDIA \(name)", processor: .gpu,
      memory: .gibibytes(gibibytes, sheet),
      reservedMemory: .gibibytes(1, .assumption("driver, CUDA context and the libraries' workspaces")),
      memoryBandwidth: .gigabytesPerSecond(bandwidth, sheet),
      memoryEfficiency: .fraction(0.85, .assumption("streaming kernels; refresh and row changes take the rest")),
      float32Peak: .teraflops(float32, FigureSource(.datasheet, sheet.text + ", CUDA cores", url: sheet.url)),
      otherPeaks: peaks,
      computeEfficiency: .fraction(efficiency, .assumption("large matrix multiplications within the power limit")),
      launchOverhead: .microseconds(5, .assumption("dispatch and launch of one CUDA kernel from a fast host")),
      idlePower: .watts(
        idle,
        .assumption(
          "at rest plus what a CUDA context adds, 26 to 66 W on A100, H100 and L40S (arXiv:2605.23918)")),
      busyPower: .watts(busy, FigureSource(.datasheet, sheet.text + ", board power limit", url: sheet.url)),
      networkEnergyPerByte: network)
  }
}
