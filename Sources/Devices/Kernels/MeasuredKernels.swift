import Foundation
import Quantities

/// The times of operations on a device with measured tables: a table's where it knows the kernel's neighbourhood.
///
/// Outside of a table's sizes the time is that of the nearest sizes in it, times the ratio that the roofline gives for the
/// two: what the kernel reached of the roofline at the edge is carried on, so nothing jumps there. The same ratio adapts a
/// table to a device whose figures have been changed.
///
/// No time is shorter than the device's memory allows for the operation's bytes: measurements repeat a kernel on the same
/// operands, which then lie in a cache. Matrix products were measured with enough of them, so that the peak bandwidth is
/// their limit; attention reads keys and values at the bandwidth that the roofline has for it.
public struct MeasuredKernels: Hashable, Sendable {
  /// The tables.
  public let tables: KernelTables
  /// Other operations' times, and the ratios outside of tables.
  public let roofline: RooflineModel
  /// The roofline of the device as the catalogue has it, whose kernels were measured.
  private let reference: RooflineModel
  /// The roofline of the device as it is.
  private let own: RooflineModel
  private let peakPicosecondsPerByte: Double
  private let adapts: Bool
  private let quantizationPicoseconds: Double?
  private let sustainedArithmetic: Double?
  private let productRate: Double

  /// - Parameters:
  ///   - device: the device, whose figures need not be those of the catalogue.
  ///   - roofline: what gives the times of operations that no table has.
  ///   - efficiencies: what kernels reach of the tables.
  public init?(
    _ tables: KernelTables, of device: DeviceSpecification, otherwise roofline: RooflineModel,
    _ efficiencies: KernelEfficiencies = KernelEfficiencies()
  ) {
    quantizationPicoseconds = efficiencies.quantizationPicoseconds[.eight]
    sustainedArithmetic = efficiencies.sustainedArithmetic
    productRate = efficiencies.productRate ?? 1
    guard let measured = try? DeviceCatalogue.device(tables.deviceID) else { return nil }
    self.tables = tables
    self.roofline = roofline
    reference = RooflineModel(measured)
    own = RooflineModel(device)
    adapts = own != reference
    // Of the measured device, since what it took is adapted afterwards.
    peakPicosecondsPerByte = 1e12 / measured.memoryBandwidth.value.bytesPerSecond
  }

  /// The time of an operation in picoseconds. O(log n) in the number of sizes of a table.
  ///
  /// - Parameter launches: whether it is a kernel of its own, rather than a part of the one before.
  public func picoseconds(
    of cost: OperationCost, elementType: ElementType, shape: KernelShape, launches: Bool = true
  ) -> Int64 {
    guard var measured = time(of: shape, cost, elementType) else {
      return roofline.picoseconds(of: cost, elementType: elementType, shape: shape, launches: launches)
    }
    if case .matrixMultiplication = shape {
      measured = productTime(measured, of: cost, elementType, shape, launches: launches)
    }
    let adapted = adapts ? measured * ratio(of: cost, elementType, shape) : measured
    return Picoseconds.nearest(adapted)
  }

  /// - Parameter measured: what the table says.
  private func productTime(
    _ measured: Double, of cost: OperationCost, _ elementType: ElementType, _ shape: KernelShape, launches: Bool
  ) -> Double {
    let start = startOfProducts(in: elementType)
    var time = measured
    if !launches {
      time -= start
    } else if let quantizationPicoseconds, elementType == .float8 {
      // Tables have products of 8 bits with the conversion of their inputs, those of 16 bits have none.
      time += quantizationPicoseconds - max(0, start - startOfProducts(in: .bfloat16))
    }
    time = max(time / productRate, (cost.bytesRead + cost.bytesWritten) * peakPicosecondsPerByte)
    guard let sustainedArithmetic else { return time }
    let share = reference.arithmeticShare(of: cost, elementType: elementType, shape: shape)
    return time * (1 + (1 / sustainedArithmetic - 1) * share)
  }

  /// What of a product's time it takes to start it, to fill the device and to drain it: the whole time of the smallest
  /// product in the table, whose arithmetic and bytes are nothing. In picoseconds.
  private func startOfProducts(in elementType: ElementType) -> Double {
    tables.table(.matrixMultiplication, elementType).map { exp(tables.grid(of: $0).times[0]) } ?? 0
  }

  /// The device's roofline over that of the catalogue's.
  private func ratio(of cost: OperationCost, _ elementType: ElementType, _ shape: KernelShape) -> Double {
    let former = reference.kernelPicoseconds(of: cost, elementType: elementType, shape: shape)
    return former > 0 ? own.kernelPicoseconds(of: cost, elementType: elementType, shape: shape) / former : 1
  }

  /// The time that the tables give, in picoseconds; `nil` where they have none for such a kernel.
  func time(of shape: KernelShape, _ cost: OperationCost, _ elementType: ElementType) -> Double? {
    switch shape {
    case .matrixMultiplication(let batch, let rows, let inner, let columns):
      matrixTime(batch: batch, rows: rows, inner: inner, columns: columns, cost, elementType)
    case .attention(let batch, let heads, let keyValueHeads, let queries, let keys, let headSize):
      attentionTime(
        HeadConfiguration(heads: heads, keyValueHeads: keyValueHeads, headSize: headSize), batch: batch,
        queries: queries, keys: keys, cost, elementType)
    case .normalization(let rows, let columns): normalizationTime(rows: rows, columns: columns, elementType)
    case .groupedProduct, .elementwise, .other: nil
    }
  }

  // MARK: Matrix products

  private func matrixTime(
    batch: Int, rows: Int, inner: Int, columns: Int, _ cost: OperationCost, _ elementType: ElementType
  ) -> Double? {
    guard batch > 0, rows > 0, inner > 0, columns > 0,
      let table = tables.table(.matrixMultiplication, elementType)
    else { return nil }
    let bytes = elementType.byteCount
    let actual = OperationCost.matrixMultiplication(
      batch: batch, rows: rows, columns: columns, inner: inner, bytesPerElement: bytes)
    // Weights that are stored in fewer bits, or operands in more, make another kernel. A bias counts for little.
    guard cost.bytesRead > 0.9 * actual.bytesRead, cost.bytesRead < 1.1 * actual.bytesRead + Double(4 * columns) else {
      return nil
    }
    let grid = tables.grid(of: table)
    // Products that run side by side fill the device as more rows do.
    let (allRows, overflow) = batch.multipliedReportingOverflow(by: rows)
    guard !overflow else { return nil }
    let sizes = grid.clamped([allRows, columns, inner])
    var time = exp(grid.logarithm(at: sizes))
    // A smaller product has the time of the smallest one measured, since starting the kernel dominates there.
    let (wide, deep) = (max(columns, sizes[1]), max(inner, sizes[2]))
    func roofline(batch: Int = 1, _ rows: Int, _ columns: Int, _ inner: Int) -> Double {
      let cost = OperationCost.matrixMultiplication(
        batch: batch, rows: rows, columns: columns, inner: inner, bytesPerElement: bytes)
      let shape = KernelShape.matrixMultiplication(batch: batch, rows: rows, inner: inner, columns: columns)
      return reference.kernelPicoseconds(of: cost, elementType: elementType, shape: shape)
    }
    // For one row, so that it is the same for all rows.
    if wide > sizes[1] || deep > sizes[2] { time *= roofline(1, wide, deep) / roofline(1, sizes[1], sizes[2]) }
    if batch > 1 || allRows > sizes[0] {
      time *= roofline(batch: batch, rows, wide, deep) / roofline(min(allRows, sizes[0]), wide, deep)
    }
    return max(time, (cost.bytesRead + cost.bytesWritten) * peakPicosecondsPerByte)
  }

  // MARK: Attention

  private func attentionTime(
    _ configuration: HeadConfiguration, batch: Int, queries: Int, keys: Int, _ cost: OperationCost,
    _ elementType: ElementType
  ) -> Double? {
    guard batch > 0, queries > 0, keys > 0, configuration.heads > 0, configuration.keyValueHeads > 0,
      configuration.headSize > 0
    else { return nil }
    let kind: KernelKind = queries == 1 ? .decodingAttention : .promptAttention
    let stored = storedType(of: configuration, batch: batch, queries: queries, keys: keys, cost, elementType)
    guard let stored, let table = tables.table(kind, stored),
      let (place, known) = tables.nearestConfiguration(in: table, to: configuration)
    else { return nil }
    let grid = tables.grid(of: table, configuration: place)
    // A prompt that attends to as many pairs of positions as the queries see of the keys: with a cache before them, a
    // window or no mask there are more or fewer than in a prompt of their length.
    let pairs = cost.flops / (4 * Double(batch * configuration.heads) * Double(configuration.headSize))
    let length = queries == 1 ? keys : max(1, Int(((2 * pairs + 0.25).squareRoot() - 0.5).rounded()))
    let sizes = grid.clamped([batch, length])
    let time = exp(grid.logarithm(at: sizes))
    let knownCost = OperationCost.attention(
      known, batch: sizes[0], queries: queries == 1 ? 1 : sizes[1], keys: sizes[1], bytesPerElement: stored.byteCount)
    let shape = KernelShape.attention(
      batch: batch, heads: configuration.heads, keyValueHeads: configuration.keyValueHeads, queries: queries,
      keys: keys, headSize: configuration.headSize)
    let knownShape = KernelShape.attention(
      batch: sizes[0], heads: known.heads, keyValueHeads: known.keyValueHeads,
      queries: queries == 1 ? 1 : sizes[1], keys: sizes[1], headSize: known.headSize)
    let isKnown = known == configuration && sizes == [batch, length] && (queries == 1 || queries == keys)
    let factor = isKnown ? 1 : carried(from: knownCost, knownShape, to: cost, shape, elementType)
    let moved = OperationCost(flops: 0, bytesRead: cost.bytesRead, bytesWritten: cost.bytesWritten)
    return max(time * factor, reference.kernelPicoseconds(of: moved, elementType: elementType, shape: shape))
  }

  /// The type in which keys and values are stored, by the bytes that are read; `nil` where none has such.
  private func storedType(
    of configuration: HeadConfiguration, batch: Int, queries: Int, keys: Int, _ cost: OperationCost,
    _ elementType: ElementType
  ) -> ElementType? {
    let queryBytes = Double(batch * queries * configuration.heads * configuration.headSize * elementType.byteCount)
    let elements = 2 * Double(batch * keys * configuration.keyValueHeads * configuration.headSize)
    let bytes = (cost.bytesRead - queryBytes) / elements
    if abs(bytes - Double(elementType.byteCount)) < 0.1 { return elementType }
    return abs(bytes - 1) < 0.1 ? .float8 : nil
  }

  // MARK: Norms

  private func normalizationTime(rows: Int, columns: Int, _ elementType: ElementType) -> Double? {
    guard rows > 0, columns > 0, let table = tables.table(.normalization, elementType) else { return nil }
    let grid = tables.grid(of: table)
    let sizes = grid.clamped([rows, columns])
    let time = exp(grid.logarithm(at: sizes))
    guard sizes != [rows, columns] else { return time }
    let bytes = elementType.byteCount
    return time
      * carried(
        from: .normalization(rows: sizes[0], columns: sizes[1], bytesPerElement: bytes),
        .normalization(rows: sizes[0], columns: sizes[1]),
        to: .normalization(rows: rows, columns: columns, bytesPerElement: bytes),
        .normalization(rows: rows, columns: columns), elementType)
  }

  /// What the roofline gives for one kernel over what it gives for another.
  private func carried(
    from known: OperationCost, _ knownShape: KernelShape, to cost: OperationCost, _ shape: KernelShape,
    _ elementType: ElementType
  ) -> Double {
    let former = reference.kernelPicoseconds(of: known, elementType: elementType, shape: knownShape)
    return former > 0 ? reference.kernelPicoseconds(of: cost, elementType: elementType, shape: shape) / former : 1
  }
}
