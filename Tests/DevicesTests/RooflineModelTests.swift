import Devices
import Foundation
import Quantities
import Testing

@Suite struct RooflineModelTests {
  /// 1 TFLOPS at half efficiency, 100 GB/s at half efficiency, 2 us to launch.
  let device: DeviceSpecification

  init() throws {
    device = try DeviceCatalogue.device("raspberry-pi-5").overriding([
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
    let device = try DeviceCatalogue.device("mac-m1").overriding([
      ("peak_float32", "1 TFLOPS"), ("peak_float16", "2 TFLOPS"), ("compute_efficiency", "50%"),
      ("launch_overhead", "2 us"),
    ])
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
        let (arithmetic, memory) = (cost.flops / peak, (cost.bytesRead + cost.bytesWritten) / rate)
        let kernel =
          device.processor == .gpu
          ? (arithmetic * arithmetic + memory * memory).squareRoot() : max(arithmetic, memory)
        let seconds = kernel + device.launchOverhead.value.inSeconds
        let picoseconds = Double(model.picoseconds(of: cost, elementType: type))
        #expect((picoseconds - seconds * 1e12).magnitude <= 1 + seconds * 1e3, "seed \(seed), \(device.id), \(type)")
      }
    }
  }

  /// A doubled problem takes at least as long, and a slightly larger one not much longer: no steps, also where rows begin to
  /// fill tiles and where weights become narrower than a width's bound.
  @Test("times of matrix products are monotone and continuous in rows and columns", arguments: DeviceCatalogue.all)
  func monotoneAndContinuous(device: DeviceSpecification) {
    let model = RooflineModel(device, launchOverhead: .zero)
    func time(rows: Int, inner: Int = 4096, columns: Int) -> Double {
      let bytes = 2.0
      let cost = OperationCost(
        flops: 2 * Double(rows) * Double(inner) * Double(columns),
        bytesRead: bytes * (Double(rows) * Double(inner) + Double(inner) * Double(columns)),
        bytesWritten: bytes * Double(rows) * Double(columns))
      return Double(
        model.picoseconds(
          of: cost, elementType: .float16,
          shape: .matrixMultiplication(batch: 1, rows: rows, inner: inner, columns: columns)))
    }
    for columns in [1024, 4096, 14336] {
      for rows in 1..<2048 {
        let (one, next) = (time(rows: rows, columns: columns), time(rows: rows + 1, columns: columns))
        #expect(next >= one, "\(device.id), \(rows) rows, \(columns) columns")
        #expect(next <= one * (1 + 1.01 / Double(rows)), "\(device.id), \(rows) rows, \(columns) columns")
      }
      #expect(time(rows: 64, columns: columns + 64) > time(rows: 64, columns: columns))
    }
  }

  @Test("the corner of an accelerator is smooth: 1.41 times the sharp one at the ridge, nothing far from it")
  func smoothCorner() throws {
    let device = try DeviceCatalogue.device("a100-sxm-80gb").overriding([
      ("peak_float16", "100 TFLOPS"), ("compute_efficiency", "1"), ("memory_bandwidth", "1 TB/s"),
      ("memory_efficiency", "1"), ("launch_overhead", "0 us"),
    ])
    let model = RooflineModel(device)
    func time(_ flops: Double, _ bytes: Double) -> Double {
      let cost = OperationCost(flops: flops, bytesRead: bytes, bytesWritten: 0)
      return Double(model.picoseconds(of: cost, elementType: .float16)) * 1e-12
    }
    #expect(abs(time(1e11, 1e9) - 1e-3 * 2.0.squareRoot()) < 1e-9)
    #expect(abs(time(1e11, 1e5) - 1e-3) < 1e-8)
    #expect(abs(time(0, 1e9) - 1e-3) < 1e-12)
  }

  @Test("efficiencies go by the kind of kernel, by element type and by the width of weights")
  func efficienciesByKind() throws {
    var efficiencies = KernelEfficiencies()
    efficiencies.matrixVector = [.sixteen: 0.8, .four: 0.4]
    efficiencies.matrixMatrix = [.float16: 0.25]
    efficiencies.promptAttention = 0.1
    efficiencies.decodingAttention = 0.2
    efficiencies.other = 0.5
    let model = RooflineModel(
      try device.overriding([("memory_bandwidth", "1 TB/s"), ("memory_efficiency", "0.9")]), efficiencies,
      launchOverhead: .microseconds(1))
    func time(_ flops: Double, _ bytes: Double, _ shape: KernelShape, _ type: ElementType = .float16) -> Duration {
      model.duration(
        of: OperationCost(flops: flops, bytesRead: bytes, bytesWritten: 0), elementType: type, shape: shape)
    }
    // 1000 x 1000 weights of 2 bytes, of 1 and of half a byte; the row of inputs has 2000 bytes.
    let matrix = KernelShape.matrixMultiplication(batch: 1, rows: 1, inner: 1000, columns: 1000)
    #expect(time(0, 2_002_000, matrix) == .picoseconds(2_502_500 + 1_000_000))
    #expect(time(0, 1_002_000, matrix) == .picoseconds(1_252_500 + 1_000_000))
    #expect(time(0, 502_000, matrix) == .picoseconds(1_255_000 + 1_000_000))
    // 2 TFLOPS at a quarter, float32 at the device's own half of 1 TFLOPS.
    #expect(time(1e9, 0, matrix) == .microseconds(2001) && time(1e9, 0, matrix, .float32) == .microseconds(2001))
    let attention = KernelShape.attention(
      batch: 1, heads: 1, keyValueHeads: 1, queries: 1, keys: 1000, headSize: 500)
    #expect(time(0, 2e6, attention) == .microseconds(11) && time(1e9, 0, attention) == .microseconds(5001))
    #expect(time(0, 2e6, .elementwise(elements: 1)) == .microseconds(5))
    #expect(time(0, 2e6, .normalization(rows: 1, columns: 1)) == .microseconds(5))
  }

  @Test("a kernel for one query head at a time reads its group's keys and values for each; prompts share them")
  func groupedKeys() throws {
    var efficiencies = KernelEfficiencies()
    efficiencies.decodingAttention = 0.5
    let sharing = RooflineModel(try DeviceCatalogue.device("h100-sxm"), efficiencies, launchOverhead: .zero)
    efficiencies.sharesGroupedKeys = false
    let repeating = RooflineModel(try DeviceCatalogue.device("h100-sxm"), efficiencies, launchOverhead: .zero)
    for (heads, keyValueHeads, queries, factor) in [(64, 8, 1, 8.0), (32, 32, 1, 1), (64, 8, 128, 1)] {
      let shape = KernelShape.attention(
        batch: 4, heads: heads, keyValueHeads: keyValueHeads, queries: queries, keys: 1024, headSize: 128)
      let cost = OperationCost(flops: 0, bytesRead: 1e9, bytesWritten: 0)
      let once = Double(sharing.picoseconds(of: cost, elementType: .float16, shape: shape))
      let each = Double(repeating.picoseconds(of: cost, elementType: .float16, shape: shape))
      #expect(abs(each / once - factor) < 1e-6, "\(heads) heads, \(keyValueHeads) for keys, \(queries) queries")
    }
  }

  @Test("what is a part of the kernel before is not started again")
  func launches() {
    let model = RooflineModel(device, launchOverhead: .microseconds(3))
    let cost = OperationCost(flops: 1e9, bytesRead: 0, bytesWritten: 0)
    let alone = model.picoseconds(of: cost, elementType: .float32)
    #expect(model.picoseconds(of: cost, elementType: .float32, launches: false) == alone - 3_000_000)
    let either = ComputeModel.roofline(model)
    #expect(either.picoseconds(of: cost, elementType: .float32, launches: false) == alone - 3_000_000)
  }

  @Test("compute models")
  func computeModels() {
    let cost = OperationCost(flops: 1e9, bytesRead: 0, bytesWritten: 0)
    #expect(ComputeModel.instant.duration(of: cost, elementType: .float32) == .zero)
    #expect(
      ComputeModel.roofline(RooflineModel(device)).duration(of: cost, elementType: .float32) == .microseconds(2002))
  }
}
