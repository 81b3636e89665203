import Foundation
import Quantities
import Testing

@testable import Devices

@Suite("Times of measured kernels") struct MeasuredKernelsTests {
  let device: DeviceSpecification
  let kernels: MeasuredKernels

  init() throws {
    device = try DeviceCatalogue.device("h100-sxm")
    let tables = try #require(try KernelTables.shipped(for: device))
    kernels = try #require(MeasuredKernels(tables, of: device, otherwise: RooflineModel(device)))
  }

  private func product(
    _ kernels: MeasuredKernels, batch: Int = 1, _ rows: Int, _ columns: Int, _ inner: Int,
    _ type: ElementType = .bfloat16
  ) -> Double {
    let cost = OperationCost.matrixMultiplication(
      batch: batch, rows: rows, columns: columns, inner: inner, bytesPerElement: type.byteCount)
    let shape = KernelShape.matrixMultiplication(batch: batch, rows: rows, inner: inner, columns: columns)
    return Double(kernels.picoseconds(of: cost, elementType: type, shape: shape)) / 1e6
  }

  private func attention(
    batch: Int, heads: Int, keyValueHeads: Int, queries: Int, keys: Int, headSize: Int = 128
  ) -> Double {
    let configuration = HeadConfiguration(heads: heads, keyValueHeads: keyValueHeads, headSize: headSize)
    let cost = OperationCost.attention(configuration, batch: batch, queries: queries, keys: keys, bytesPerElement: 2)
    let shape = KernelShape.attention(
      batch: batch, heads: heads, keyValueHeads: keyValueHeads, queries: queries, keys: keys, headSize: headSize)
    return Double(kernels.picoseconds(of: cost, elementType: .bfloat16, shape: shape)) / 1e6
  }

  @Test("a product that was measured takes what was measured, within what makes the table monotone")
  func measuredProducts() {
    // TensorRT-LLM 1.3.0rc20 in aisimulate's table: 38.0, 194.1, 50.2 and 71.9 us.
    for (rows, columns, inner, microseconds) in [
      (1, 12288, 4096, 38.0), (1, 65536, 4096, 194.1), (1, 16384, 4096, 50.2), (512, 12288, 4096, 71.9),
    ] {
      #expect(abs(product(kernels, rows, columns, inner) / microseconds - 1) < 0.06, "\(rows) \(columns) \(inner)")
    }
    #expect(product(kernels, 1, 12288, 4096, .float16) == product(kernels, 1, 12288, 4096))
    #expect(product(kernels, 1, 12288, 4096, .float8) < 0.9 * product(kernels, 1, 12288, 4096))
  }

  @Test("a product that is a part of the one before takes its time without the start that the table's smallest one is")
  func mergedProducts() {
    func time(_ rows: Int, _ columns: Int, _ inner: Int, launches: Bool) -> Double {
      let cost = OperationCost.matrixMultiplication(rows: rows, columns: columns, inner: inner, bytesPerElement: 2)
      let shape = KernelShape.matrixMultiplication(batch: 1, rows: rows, inner: inner, columns: columns)
      let model = ComputeModel.measured(kernels)
      return Double(model.picoseconds(of: cost, elementType: .bfloat16, shape: shape, launches: launches))
    }
    let start = time(1, 1, 1, launches: true)
    #expect(start > 1e6 && start < 4e6)
    for (rows, columns, inner) in [(1, 4096, 4096), (128, 1024, 4096), (2048, 14336, 4096)] {
      let (own, part) = (time(rows, columns, inner, launches: true), time(rows, columns, inner, launches: false))
      #expect(abs(own - part - start) < 2, "\(rows) rows, \(columns) columns, \(inner) inner")
    }
    // Whatever gap a runtime has, a table's times hold the start; and no part takes less than its bytes.
    let slow = ComputeModel.measured(
      MeasuredKernels(kernels.tables, of: device, otherwise: RooflineModel(device, launchOverhead: .milliseconds(1)))
        ?? kernels)
    let cost = OperationCost.matrixMultiplication(rows: 1, columns: 4096, inner: 4096, bytesPerElement: 2)
    let shape = KernelShape.matrixMultiplication(batch: 1, rows: 1, inner: 4096, columns: 4096)
    #expect(
      Double(slow.picoseconds(of: cost, elementType: .bfloat16, shape: shape)) == time(1, 4096, 4096, launches: true))
    #expect(time(1, 1, 1, launches: false) > 0 && time(1, 1, 1, launches: false) < 10)
  }

  @Test("never shorter for more rows, inside the table and outside", arguments: 0..<20)
  func neverShorterForMoreRows(seed: UInt64) {
    var random = SplitMix(seed: seed)
    for _ in 0..<40 {
      let columns = Int(exp(Double.random(in: log(8)...log(200_000), using: &random)))
      let inner = Int(exp(Double.random(in: log(8)...log(200_000), using: &random)))
      let rows = Int(exp(Double.random(in: 0...log(100_000), using: &random)))
      let more = Int(Double(rows) * Double.random(in: 1...4, using: &random)) + 1
      #expect(
        product(kernels, more, columns, inner) >= product(kernels, rows, columns, inner) * (1 - 1e-9),
        "seed \(seed): \(rows), \(more) rows, \(columns) columns, \(inner) inner")
    }
  }

  @Test(
    "nothing jumps at the edges of a table", arguments: [(32768, 4096, 4096), (64, 65536, 4096), (64, 4096, 65536)])
  func continuousAtTheEdges(edge: (rows: Int, columns: Int, inner: Int)) {
    let inside = product(kernels, edge.rows, edge.columns, edge.inner)
    for (rows, columns, inner) in [(1, 0, 0), (0, 1, 0), (0, 0, 1)] {
      let outside = product(kernels, edge.rows + rows, edge.columns + columns, edge.inner + inner)
      #expect(outside >= inside * 0.999 && outside <= inside * 1.002)
    }
    // What is reached of the roofline at the edge is reached far outside.
    let model = RooflineModel(device)
    func share(_ rows: Int, _ columns: Int, _ inner: Int) -> Double {
      let cost = OperationCost.matrixMultiplication(rows: rows, columns: columns, inner: inner, bytesPerElement: 2)
      let shape = KernelShape.matrixMultiplication(batch: 1, rows: rows, inner: inner, columns: columns)
      return product(kernels, rows, columns, inner) * 1e6
        / model.kernelPicoseconds(of: cost, elementType: .bfloat16, shape: shape)
    }
    let far = (edge.rows > 64 ? 3 : 1, edge.columns > 4096 ? 3 : 1, edge.inner > 4096 ? 3 : 1)
    let (atEdge, outside) = (
      share(edge.rows, edge.columns, edge.inner), share(edge.rows * far.0, edge.columns * far.1, edge.inner * far.2)
    )
    // The ratio is that of one row, for which the left operand counts a little more.
    #expect(abs(outside / atEdge - 1) < 2e-3)
  }

  @Test("weights in fewer bits and types without a table go by the roofline")
  func otherTypes() {
    let shape = KernelShape.matrixMultiplication(batch: 1, rows: 1, inner: 4096, columns: 4096)
    let narrow = OperationCost(flops: 2 * 4096 * 4096, bytesRead: 4096 * 4096 / 2 + 8192, bytesWritten: 8192)
    #expect(kernels.time(of: shape, narrow, .bfloat16) == nil)
    #expect(product(kernels, 7, 512, 512, .float32) > 0)
    let wide = OperationCost.matrixMultiplication(rows: 7, columns: 512, inner: 512, bytesPerElement: 4)
    #expect(kernels.time(of: .matrixMultiplication(batch: 1, rows: 7, inner: 512, columns: 512), wide, .float32) == nil)
    #expect(kernels.time(of: .elementwise(elements: 100), wide, .bfloat16) == nil)
    #expect(kernels.time(of: .normalization(rows: 1, columns: 4096), wide, .bfloat16) == nil)
  }

  @Test("attention goes by its configuration, batch and length, and is never faster than the memory")
  func attentionTimes() {
    // vLLM 0.25.0, FlashAttention 3: about 10 us where launching is all, 88 us for a prompt of 2048.
    #expect((8.0...15).contains(attention(batch: 1, heads: 32, keyValueHeads: 8, queries: 1, keys: 128)))
    #expect((70.0...110).contains(attention(batch: 1, heads: 32, keyValueHeads: 8, queries: 2048, keys: 2048)))
    let bytes = 2.0 * 8 * 128 * 2 * 65536
    let least = bytes / (3350e9 * 0.85) * 1e6
    #expect(attention(batch: 1, heads: 32, keyValueHeads: 8, queries: 1, keys: 65536) >= least)
    // 28 heads were not measured: between 24 and 32.
    let (fewer, more) = (
      attention(batch: 8, heads: 24, keyValueHeads: 4, queries: 4096, keys: 4096),
      attention(batch: 8, heads: 32, keyValueHeads: 4, queries: 4096, keys: 4096)
    )
    let between = attention(batch: 8, heads: 28, keyValueHeads: 4, queries: 4096, keys: 4096)
    #expect(between > fewer * 0.97 && between < more * 1.03)
  }

  @Test("a prompt's rest after a cached part takes longer than alone and less than the whole", arguments: [512, 2048])
  func cachedPrefixes(rest: Int) {
    let alone = attention(batch: 1, heads: 32, keyValueHeads: 8, queries: rest, keys: rest)
    let whole = attention(batch: 1, heads: 32, keyValueHeads: 8, queries: 4096, keys: 4096)
    let part = attention(batch: 1, heads: 32, keyValueHeads: 8, queries: rest, keys: 4096)
    #expect(alone < part && part < whole)
  }

  @Test("attention is never shorter for a larger batch or length", arguments: 0..<20)
  func attentionNeverShorter(seed: UInt64) {
    var random = SplitMix(seed: seed)
    for _ in 0..<20 {
      let (heads, keyValueHeads) = [(32, 8), (8, 1), (28, 4), (96, 96)].randomElement(using: &random) ?? (32, 8)
      let batch = Int.random(in: 1...300, using: &random)
      let length = Int(exp(Double.random(in: 0...log(40_000), using: &random)))
      let longer = length + Int.random(in: 1...length, using: &random)
      for queries in [true, false] {
        func time(_ batch: Int, _ length: Int) -> Double {
          attention(
            batch: batch, heads: heads, keyValueHeads: keyValueHeads, queries: queries ? length : 1, keys: length)
        }
        // One query is a decoding step, which is another kernel.
        guard !queries || length > 1 else { continue }
        #expect(time(batch, longer) >= time(batch, length) * 0.98, "seed \(seed): \(length) \(longer) of \(heads)")
        #expect(time(batch + 1, length) >= time(batch, length) * 0.98, "seed \(seed): batch \(batch)")
      }
    }
  }

  @Test("changed figures of a device change what was measured in proportion")
  func changedFigures() throws {
    let slower = try device.overriding([("memory_bandwidth", "1675 GB/s")])
    let half = try #require(MeasuredKernels(kernels.tables, of: slower, otherwise: RooflineModel(slower)))
    // One row is bound by memory: half the bandwidth, twice the time.
    #expect(abs(product(half, 1, 16384, 4096) / product(kernels, 1, 16384, 4096) - 2) < 0.02)
  }

  @Test("products side by side take at least what their bytes need")
  func batches() {
    let (one, many) = (product(kernels, 16, 1024, 1024), product(kernels, batch: 64, 16, 1024, 1024))
    #expect(many > 10 * one)
  }

  @Test("own tables of norms apply, and are carried on outside")
  func norms() throws {
    let bytes = KernelTableBytes(
      cells: [2, 4, 8, 16], kind: "normalization", axes: [("rows", [1, 1024]), ("columns", [1024, 4096])])
    let tables = try KernelTables(contentsOf: try bytes.write())
    let own = try #require(MeasuredKernels(tables, of: device, otherwise: RooflineModel(device)))
    func time(_ rows: Int, _ columns: Int) -> Double {
      let cost = OperationCost.normalization(rows: rows, columns: columns, bytesPerElement: 2)
      let shape = KernelShape.normalization(rows: rows, columns: columns)
      return Double(own.picoseconds(of: cost, elementType: .bfloat16, shape: shape)) / 1e6
    }
    #expect(abs(time(1, 1024) - 2) < 1e-3)
    #expect(abs(time(32, 2048) - 5.657) < 0.01)
    #expect(abs(time(2048, 4096) / time(1024, 4096) - 2) < 0.01)
  }
}
