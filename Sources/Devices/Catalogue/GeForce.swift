import Quantities

extension DeviceCatalogue {
  /// NVIDIA's GPUs for desktop machines: the founders edition where editions differ.
  static let geForces: [DeviceSpecification] = {
    let turing = FigureSource.datasheet(
      "NVIDIA Turing GPU architecture whitepaper, RTX 2080 Ti Founders Edition",
      url: "https://images.nvidia.com/aem-dam/en-zz/Solutions/design-visualization/technologies/turing-architecture/"
        + "NVIDIA-Turing-Architecture-Whitepaper.pdf")
    let ampere = { (card: String) in
      FigureSource.datasheet(
        "NVIDIA Ampere GA102 GPU architecture whitepaper, \(card)",
        url: "https://www.nvidia.com/content/PDF/nvidia-ampere-ga-102-gpu-architecture-whitepaper-v2.1.pdf")
    }
    let ada = FigureSource.datasheet(
      "NVIDIA Ada GPU architecture whitepaper, RTX 4090",
      url: "https://images.nvidia.com/aem-dam/Solutions/geforce/ada/nvidia-ada-gpu-architecture.pdf")
    let blackwell = FigureSource.datasheet(
      "NVIDIA RTX Blackwell GPU architecture whitepaper, RTX 5090",
      url: "https://images.nvidia.com/aem-dam/Solutions/geforce/blackwell/nvidia-rtx-blackwell-gpu-architecture.pdf")
    return [
      nvidia(
        id: "rtx-2080-ti", name: "GeForce RTX 2080 Ti 11 GB", sheet: turing, gibibytes: 11, bandwidth: 616,
        rates: NVIDIARates(
          float64: .every(32), float32: 14.2, float16: 56.9, bfloat16: .computedInFloat32("Turing"), int8: 227.7),
        idle: 20, busy: 260, efficiency: 0.8, hostLink: .third, network: .tenGigabitEthernet, hardware: .consumerGPU),
      nvidia(
        id: "rtx-3070", name: "GeForce RTX 3070 8 GB", sheet: ampere("RTX 3070"), gibibytes: 8, bandwidth: 448,
        rates: NVIDIARates(float64: .every(64), float32: 20.3, float16: 40.6, int8: 162.6), idle: 20, busy: 220,
        efficiency: 0.8, hostLink: .fourth, network: .tenGigabitEthernet, hardware: .consumerGPU),
      nvidia(
        id: "rtx-3090", name: "GeForce RTX 3090 24 GB", sheet: ampere("RTX 3090"), gibibytes: 24, bandwidth: 936,
        rates: NVIDIARates(float64: .every(64), float32: 35.6, float16: 71, int8: 284), idle: 30, busy: 350,
        efficiency: 0.8, hostLink: .fourth, network: .tenGigabitEthernet, hardware: .consumerGPU),
      nvidia(
        id: "rtx-4090", name: "GeForce RTX 4090 24 GB", sheet: ada, gibibytes: 24, bandwidth: 1008,
        rates: NVIDIARates(float64: .every(64), float32: 82.6, float16: 165.2, float8: 330.3, int8: 660.6), idle: 30,
        busy: 450, efficiency: 0.8, hostLink: .fourth, network: .tenGigabitEthernet, hardware: .consumerGPU),
      nvidia(
        id: "rtx-5090", name: "GeForce RTX 5090 32 GB", sheet: blackwell, gibibytes: 32, bandwidth: 1792,
        rates: NVIDIARates(
          float64: .every(64), float32: 104.8, float16: 209.5, float8: 419, float4: 1676, int8: 838), idle: 30,
        busy: 575, efficiency: 0.8, hostLink: .fifth, network: .tenGigabitEthernet, hardware: .consumerGPU),
    ]
  }()
}
