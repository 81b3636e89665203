import Quantities

extension DeviceCatalogue {
  /// Ada and Ampere GPUs of servers, without NVLink.
  static let serverCards: [DeviceSpecification] = [
    nvidia(
      id: "l4", name: "L4 24 GB",
      sheet: .datasheet("NVIDIA L4 datasheet", url: "https://www.nvidia.com/en-us/data-center/l4/"), gibibytes: 24,
      bandwidth: 300, rates: NVIDIARates(float64: .every(64), float32: 30.3, float16: 121, float8: 242.5, int8: 242.5),
      idle: 30, busy: 72, efficiency: 0.5, hostLink: .fourth),
    nvidia(
      id: "a10g", name: "A10G 24 GB",
      sheet: .datasheet(
        "NVIDIA A10G datasheet",
        url: "https://d1.awsstatic.com/product-marketing/ec2/NVIDIA_AWS_A10G_DataSheet_FINAL_02_17_2022.pdf"),
      gibibytes: 24, bandwidth: 600, rates: NVIDIARates(float64: .every(64), float32: 35, float16: 70, int8: 140),
      idle: 50, busy: 300, efficiency: 0.75, hostLink: .fourth),
    nvidia(
      id: "l40s", name: "L40S 48 GB",
      sheet: .datasheet("NVIDIA L40S datasheet", url: "https://www.nvidia.com/en-us/data-center/l40s/"), gibibytes: 48,
      bandwidth: 864, rates: NVIDIARates(float64: .every(64), float32: 91.6, float16: 362.05, float8: 733, int8: 733),
      idle: 100, busy: 350, efficiency: 0.65, hostLink: .fourth),
  ]

  static let a100s: [DeviceSpecification] = {
    let sheet = FigureSource.datasheet(
      "NVIDIA A100 datasheet",
      url: "https://www.nvidia.com/content/dam/en-zz/Solutions/Data-Center/a100/pdf/"
        + "nvidia-a100-datasheet-us-nvidia-1758950-r4-web.pdf")
    return [("a100-sxm-40gb", 40.0, 1555.0), ("a100-sxm-80gb", 80, 2039)].map { id, gibibytes, bandwidth in
      nvidia(
        id: id, name: "A100 SXM \(Int(gibibytes)) GB", sheet: sheet, gibibytes: gibibytes, bandwidth: bandwidth,
        rates: NVIDIARates(float64: .tensorCores(19.5), float32: 19.5, float16: 312, int8: 624), idle: 80, busy: 400,
        efficiency: 0.8, hostLink: .fourth)
    }
  }()

  static let hoppers: [DeviceSpecification] = {
    let h100 = FigureSource.datasheet("NVIDIA H100 datasheet", url: "https://www.nvidia.com/en-us/data-center/h100/")
    let h200 = FigureSource.datasheet("NVIDIA H200 datasheet", url: "https://www.nvidia.com/en-us/data-center/h200/")
    let h20 = FigureSource.assumption("NVIDIA's H20 data sheet as the press reports it; NVIDIA's site has none")
    let sxm = NVIDIARates(
      float64: .tensorCores(67), float32: 67, float16: 989.4, float8: 1978.9, int8: 1978.9)
    return [
      nvidia(
        id: "h20", name: "H20 96 GB", sheet: h20, gibibytes: 96, bandwidth: 4000,
        rates: NVIDIARates(float64: .tensorCores(1), float32: 44, float16: 148, float8: 296, int8: 296), idle: 110,
        busy: 400, efficiency: 0.9, hostLink: .fifth),
      nvidia(
        id: "h100-pcie", name: "H100 PCIe 80 GB", sheet: h100, gibibytes: 80, bandwidth: 2000,
        rates: NVIDIARates(float64: .tensorCores(51), float32: 51, float16: 756, float8: 1513, int8: 1513), idle: 80,
        busy: 350, efficiency: 0.6, hostLink: .fifth),
      nvidia(
        id: "h100-sxm", name: "H100 SXM 80 GB", sheet: h100, gibibytes: 80, bandwidth: 3350, rates: sxm, idle: 110,
        busy: 700, efficiency: 0.7, hostLink: .fifth),
      nvidia(
        id: "h200-sxm", name: "H200 SXM 141 GB", sheet: h200, gibibytes: 141, bandwidth: 4800, rates: sxm, idle: 120,
        busy: 700, efficiency: 0.7, hostLink: .fifth),
    ]
  }()

  /// One GPU of two dies. Datasheets print the figures of eight B200, and of 72 GB200.
  static let blackwells: [DeviceSpecification] = {
    let b200 = FigureSource.datasheet(
      "NVIDIA DGX B200 and HGX B200 datasheets, an eighth", url: "https://www.nvidia.com/en-us/data-center/dgx-b200/")
    let gb200 = FigureSource.datasheet(
      "NVIDIA GB200 NVL72 datasheet, a 72nd", url: "https://www.nvidia.com/en-us/data-center/gb200-nvl72/")
    var grace = nvidia(
      id: "gb200", name: "GB200 186 GB (one GPU)", sheet: gb200, gibibytes: 186, bandwidth: 8000,
      rates: NVIDIARates(
        float64: .tensorCores(40), float32: 80, float16: 2500, float8: 5000, float4: 10_000, int8: 5000), idle: 150,
      busy: 1200, efficiency: 0.7, hostLink: .fifth)
    grace.hostLink = .gigabytesPerSecond(
      225, gb200.adding("NVLink-C2C of 900 GB/s in both directions, for the two GPUs of a module"))
    return [
      nvidia(
        id: "b200", name: "B200 SXM 180 GB", sheet: b200, gibibytes: 180, bandwidth: 8000,
        rates: NVIDIARates(
          float64: .tensorCores(37), float32: 75, float16: 2250, float8: 4500, float4: 9000, int8: 4500), idle: 140,
        busy: 1000, efficiency: 0.7, hostLink: .fifth),
      grace,
    ]
  }()

  static func nvidia(
    id: String, name: String, sheet: FigureSource, gibibytes: Double, bandwidth: Double, rates: NVIDIARates,
    idle: Double, busy: Double, efficiency: Double, hostLink: PCIeGeneration,
    network: Figure<EnergyPerByte> = .datacentreAdapter,
    hardware: HardwareKind = .datacentreGPU
  ) -> DeviceSpecification {
    var device = DeviceSpecification(
      id: id, displayName: "NVIDIA \(name)", processor: .gpu, hardware: hardware,
      memory: .gibibytes(gibibytes, sheet),
      reservedMemory: .gibibytes(1, .assumption("driver, CUDA context and the libraries' workspaces")),
      memoryBandwidth: .gigabytesPerSecond(bandwidth, sheet),
      memoryEfficiency: .fraction(0.85, .assumption("streaming kernels; refresh and row changes take the rest")),
      float32Peak: .teraflops(rates.float32, sheet.adding("CUDA cores")),
      otherPeaks: rates.otherPeaks(sheet),
      computeEfficiency: .fraction(efficiency, .assumption("large matrix multiplications within the power limit")),
      launchOverhead: .microseconds(5, .assumption("dispatch and launch of one CUDA kernel from a fast host")),
      idlePower: .watts(
        idle,
        .assumption(
          "at rest plus what a CUDA context adds, 26 to 66 W on A100, H100 and L40S (arXiv:2605.23918)")),
      busyPower: .watts(busy, sheet.adding("board power limit")),
      networkEnergyPerByte: network)
    device.hostLink = .pcie(hostLink, sheet)
    device.setServerPowers()
    return device
  }
}

extension DeviceSpecification {
  /// What GPUs of servers draw between idle and the limit.
  mutating func setServerPowers() {
    memoryBoundPower = .fraction(
      0.5,
      .assumption(
        "generating tokens draws about 60% of the limit where prompts reach it (Patel et al., Splitwise, arXiv:2311.18677, "
          + "and POLCA, arXiv:2308.12908)"))
    pollingPower = .fraction(
      0.4,
      .assumption(
        "communication phases of training draw about half of the limit, by model from a fifth to three quarters (Patel et "
          + "al., POLCA, arXiv:2308.12908)"))
  }
}

/// Arithmetic rates of an NVIDIA GPU in TFLOPS, dense; datasheets that print them with sparsity print twice these.
/// float16 and bfloat16 run on tensor cores accumulating in float32; float32 is the rate without tensor cores, as PyTorch
/// computes by default.
struct NVIDIARates {
  /// How float64 is computed.
  enum Float64 {
    /// On the tensor cores of the datasheet's rate, as cuBLAS does for matrix products unless told otherwise
    /// (docs.nvidia.com/cuda/cublas, "Tensor Core Usage"). What is not a product of matrices runs on CUDA cores at half that
    /// rate, where memory takes longer anyway.
    case tensorCores(Double)
    /// On a float64 unit for so many float32 ones.
    case every(Double)
  }

  /// How bfloat16 is computed.
  enum BFloat16 {
    /// As fast as float16.
    case asFloat16
    /// In float32, since this architecture's tensor cores do not have it.
    case computedInFloat32(String)
  }

  var float64: Float64
  var float32: Double
  var float16: Double
  var bfloat16 = BFloat16.asFloat16
  var float8: Double?
  var float4: Double?
  var int8: Double

  func otherPeaks(_ sheet: FigureSource) -> [ElementType: Figure<ComputeRate>] {
    let tensor = sheet.adding("tensor cores, dense: half of what is printed with sparsity")
    var peaks: [ElementType: Figure<ComputeRate>] = [
      .float16: .teraflops(float16, tensor), .int8: .teraflops(int8, tensor),
    ]
    if let float8 { peaks[.float8] = .teraflops(float8, tensor) }
    if let float4 { peaks[.float4] = .teraflops(float4, tensor) }
    switch bfloat16 {
    case .asFloat16: peaks[.bfloat16] = .teraflops(float16, tensor)
    case .computedInFloat32(let architecture):
      peaks[.bfloat16] = .teraflops(
        float32, .derived("\(architecture) has no BF16 arithmetic: computed as float32", url: sheet.url))
    }
    switch float64 {
    case .tensorCores(let rate):
      peaks[.float64] = .teraflops(
        rate, sheet.adding("FP64 tensor cores, which cuBLAS uses for matrix products by default"))
    case .every(let count):
      let units = formatNumber(count, significantDigits: 3)
      peaks[.float64] = .teraflops(
        float32 / count,
        .derived(
          "one FP64 unit for \(units) FP32 ones, CUDA programming guide, throughput of arithmetic instructions",
          url: "https://docs.nvidia.com/cuda/cuda-c-programming-guide/"))
    }
    return peaks
  }
}

extension FigureSource {
  /// The same source with what in it is meant.
  func adding(_ text: String) -> FigureSource { FigureSource(kind, "\(self.text), \(text)", url: url) }
}
