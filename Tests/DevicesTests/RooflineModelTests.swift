import Devices
import Quantities
import Testing

@Suite struct RooflineModelTests {
  /// 1 TFLOPS at half efficiency, 100 GB/s at half efficiency, 2 us to launch.
  let device: DeviceSpecification

  init() throws {
    device = try DeviceCatalogue.device("mac-m1").overriding([
      ("peak_float32", "1 TFLOPS"), ("peak_float16", "2 TFLOPS"), ("compute_efficiency", "50%"),
      ("memory_bandwidth", "100 GB/s"), ("memory_efficiency", "0.5"), ("launch_overhead", "2 us"),
    ])
  }

  @Test("hand-computed times")
  func handComputedTimes() {
    let model = RooflineModel(device)
    let compute = OperationCost(flops: 1e9, bytesRead: 1e6, bytesWritten: 1e6)
    // 1e9 / 0.5e12 = 2 ms; memory 2e6 / 50e9 = 40 us.
    #expect(model.duration(of: compute, elementType: .float32) == .microseconds(2002))
    #expect(model.isComputeBound(compute, elementType: .float32))
    #expect(model.duration(of: compute, elementType: .float16) == .microseconds(1002))

    let memory = OperationCost(flops: 1e6, bytesRead: 40e6, bytesWritten: 10e6)
    // 50e6 / 50e9 = 1 ms; arithmetic 1e6 / 0.5e12 = 2 us.
    #expect(model.duration(of: memory, elementType: .float32) == .microseconds(1002))
    #expect(!model.isComputeBound(memory, elementType: .float32))

    let nothing = OperationCost(flops: 0, bytesRead: 0, bytesWritten: 0)
    #expect(model.picoseconds(of: nothing, elementType: .int8) == 2_000_000)
  }

  @Test("types without a figure fall back")
  func typesWithoutAFigureFallBack() throws {
    let model = RooflineModel(device)
    let cost = OperationCost(flops: 1e9, bytesRead: 0, bytesWritten: 0)
    func time(_ type: ElementType, of model: RooflineModel) -> Duration { model.duration(of: cost, elementType: type) }
    for type in [ElementType.float16, .bfloat16, .float8, .int8, .uint8, .bool] {
      #expect(time(type, of: model) == .microseconds(1002), "\(type)")
    }
    for type in [ElementType.float32, .float64, .int16, .int32, .int64] {
      #expect(time(type, of: model) == .microseconds(2002), "\(type)")
    }
    let quantized = RooflineModel(try device.overriding([("peak_int8", "4 TFLOPS"), ("peak_bfloat16", "1 TFLOPS")]))
    #expect(time(.int8, of: quantized) == .microseconds(502))
    #expect(time(.uint8, of: quantized) == .microseconds(502))
    #expect(time(.bfloat16, of: quantized) == .microseconds(2002))
    #expect(time(.float16, of: quantized) == .microseconds(1002))
  }

  /// The precomputed rates give what the formula gives on the device's own figures.
  @Test("agrees with the formula on the whole catalogue")
  func agreesWithTheFormulaOnTheWholeCatalogue() {
    let seed: UInt64 = 5
    var random = SplitMix64(state: seed)
    for device in DeviceCatalogue.all {
      let model = RooflineModel(device)
      for type in ElementType.allCases {
        let cost = OperationCost(
          flops: .random(in: 0...1e12, using: &random), bytesRead: .random(in: 0...1e9, using: &random),
          bytesWritten: .random(in: 0...1e9, using: &random))
        let peak = device.peak(for: type).value.flopsPerSecond * device.computeEfficiency.value.value
        let rate = device.memoryBandwidth.value.bytesPerSecond * device.memoryEfficiency.value.value
        let seconds =
          max(cost.flops / peak, (cost.bytesRead + cost.bytesWritten) / rate) + device.launchOverhead.value.inSeconds
        let picoseconds = Double(model.picoseconds(of: cost, elementType: type))
        #expect((picoseconds - seconds * 1e12).magnitude <= 1 + seconds, "seed \(seed), \(device.id), \(type)")
      }
    }
  }

  @Test("compute models")
  func computeModels() {
    let cost = OperationCost(flops: 1e9, bytesRead: 0, bytesWritten: 0)
    #expect(ComputeModel.instant.duration(of: cost, elementType: .float32) == .zero)
    #expect(
      ComputeModel.roofline(RooflineModel(device)).duration(of: cost, elementType: .float32) == .microseconds(2002))
  }
}
