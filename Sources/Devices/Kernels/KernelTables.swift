import Foundation
import Inputs
import Quantities
import Synchronization

/// Measured times of kernels on one device: a file of tables, each of one kind of kernel in one element type.
///
/// Opening a file reads and checks it; a table is completed (``KernelGrid``) when its first time is asked for, attention's
/// for one configuration of the heads at a time. `Documentation/kernels.md` describes the format.
public final class KernelTables: Sendable {
  /// The first bytes of a file.
  private static let magic = Data("UNIKERN\n".utf8)
  private static let version: UInt32 = 1
  /// Bytes before the header: the magic, version, size of the header, size of the file.
  private static let fixedBytes = 24
  private static let largestFile = 64 << 20

  /// The file.
  public let path: String
  let header: KernelTableHeader
  private let payload: [UInt8]
  private let grids = Mutex<[GridKey: KernelGrid]>([:])

  private struct GridKey: Hashable {
    let table: Int
    let configuration: Int
  }

  /// Reads a file.
  ///
  /// - Throws: when it is no complete file of kernel tables of this version.
  public init(contentsOf path: String) throws(KernelTableError) {
    let contents: Data
    do throws(InputFileError) {
      contents = try InputFile.contents(of: path, atMost: Self.largestFile)
    } catch {
      throw KernelTableError(error)
    }
    guard contents.starts(with: Self.magic), contents.count >= Self.fixedBytes else {
      throw KernelTableError(path, "it is not a file of kernel tables (uniference devices import makes them)")
    }
    func integer(at offset: Int, bytes: Int) -> UInt64 {
      contents[contents.startIndex + offset..<contents.startIndex + offset + bytes].reversed()
        .reduce(0) { $0 << 8 | UInt64($1) }
    }
    let version = integer(at: 8, bytes: 4)
    guard version == Self.version else {
      throw KernelTableError(
        path, "its version is \(version), but this program reads version \(Self.version); import the tables again")
    }
    let (headerBytes, fileBytes) = (integer(at: 12, bytes: 4), integer(at: 16, bytes: 8))
    guard fileBytes == UInt64(contents.count) else {
      let reason = fileBytes > UInt64(contents.count) ? "it is truncated" : "something follows its end"
      throw KernelTableError(
        path, "\(reason): it has \(contents.count) bytes, its header says \(fileBytes); copy or import it again")
    }
    guard headerBytes <= UInt64(contents.count - Self.fixedBytes) else {
      throw KernelTableError(
        path, "its header of \(headerBytes) bytes is larger than the file; import the tables again")
    }
    let start = contents.startIndex + Self.fixedBytes + Int(headerBytes)
    do {
      header = try JSONDecoder().decode(
        KernelTableHeader.self, from: contents[contents.startIndex + Self.fixedBytes..<start])
    } catch {
      throw KernelTableError(path, "its header cannot be read; import the tables again")
    }
    guard header.launch?.isUsable ?? true else {
      throw KernelTableError(path, "its times of a launch must lie between 0 and 1 s; make the tables again")
    }
    payload = Array(contents[start...])
    for table in header.tables {
      if let fault = table.fault(inPayloadOf: payload.count) { throw KernelTableError(path, fault) }
      let presence = payload[table.offset..<table.offset + table.presenceBytes]
      guard presence.reduce(0, { $0 + $1.nonzeroBitCount }) == table.points else {
        throw KernelTableError(
          path, "its table \(table.kind.rawValue) of \(table.element_type) is damaged; import it again")
      }
    }
    self.path = path
  }

  /// The id of the device whose tables they are.
  public var deviceID: String { header.device }

  /// Throws unless the tables are those of a device.
  public func check(isOf device: DeviceSpecification) throws(KernelTableError) {
    guard device.id != deviceID else { return }
    throw KernelTableError(
      path, "its tables are of \(deviceID), the device is \(device.id); give tables of that device")
  }

  /// What each table holds.
  public var contents: [KernelTableSummary] { header.tables.map(KernelTableSummary.init) }

  /// Where the times come from.
  public var source: String {
    let parts = [header.source.name, header.source.license, header.source.url].compactMap(\.self)
    return parts.joined(separator: ", ")
  }

  /// The device as it was called where the times were measured.
  public var measuredOn: String { header.measured_on }

  /// How long it was measured to take to dispatch an operation, if it was.
  public var dispatchTime: Duration? { header.launch.map { .picoseconds(Picoseconds.nearest($0.dispatch_us * 1e6)) } }

  /// How long a kernel without work was measured to take in a replayed graph, if it was.
  public var replayTime: Duration? {
    header.launch?.replay_us.map { .picoseconds(Picoseconds.nearest($0 * 1e6)) }
  }

  // MARK: Looking up

  /// The place of the table of a kind in an element type. 16-bit types take equally long, so they share a table.
  func table(_ kind: KernelKind, _ elementType: ElementType) -> Int? {
    func place(_ name: String) -> Int? {
      header.tables.firstIndex { $0.kind == kind && $0.element_type == name }
    }
    let own = place(elementType.rawValue)
    return switch elementType {
    case .float16: own ?? place(ElementType.bfloat16.rawValue)
    case .bfloat16: own ?? place(ElementType.float16.rawValue)
    default: own
    }
  }

  /// The grid of a table without configurations, or of one of its configurations.
  func grid(of table: Int, configuration: Int = 0) -> KernelGrid {
    let key = GridKey(table: table, configuration: configuration)
    return grids.withLock { grids in
      if let known = grids[key] { return known }
      let entry = header.tables[table]
      let grid = makeGrid(entry, configuration, from: logarithms(of: entry, configuration))
      grids[key] = grid
      return grid
    }
  }

  /// The configuration of the heads that is most like the given one; all have an equal head size, if any has.
  func nearestConfiguration(in table: Int, to wanted: HeadConfiguration) -> (place: Int, HeadConfiguration)? {
    func distance(_ first: Int, _ second: Int) -> Double { abs(log(Double(first) / Double(second))) }
    let configurations = (header.tables[table].configurations ?? []).map {
      HeadConfiguration(heads: $0[0], keyValueHeads: $0[1], headSize: $0[2])
    }
    if let exact = configurations.firstIndex(of: wanted) { return (exact, wanted) }
    return configurations.enumerated().map { ($0.offset, $0.element) }.min { first, second in
      func order(_ configuration: HeadConfiguration) -> (Double, Double, Double) {
        let heads = distance(configuration.heads, wanted.heads)
        let keyValueHeads = distance(configuration.keyValueHeads, wanted.keyValueHeads)
        return (distance(configuration.headSize, wanted.headSize), heads + keyValueHeads, heads)
      }
      return order(first.1) < order(second.1)
    }
  }

  /// The completed grid of times, of which some may have been left out.
  func makeGrid(
    _ table: KernelTableHeader.Table, _ configuration: Int, from measured: [Double]
  ) -> KernelGrid {
    let axes = table.axes.map(\.values)
    let bytes = ElementType(rawValue: table.element_type)?.byteCount ?? 2
    return KernelGrid(axes: axes, measured: measured) { sizes in
      let cost: OperationCost
      switch table.kind {
      case .matrixMultiplication:
        cost = .matrixMultiplication(rows: sizes[0], columns: sizes[1], inner: sizes[2], bytesPerElement: bytes)
      case .promptAttention, .decodingAttention:
        let values = table.configurations?[configuration] ?? [1, 1, 1]
        let heads = HeadConfiguration(heads: values[0], keyValueHeads: values[1], headSize: values[2])
        cost = .attention(
          heads, batch: sizes[0], queries: table.kind == .promptAttention ? sizes[1] : 1, keys: sizes[1],
          bytesPerElement: bytes)
      case .normalization:
        cost = .normalization(rows: sizes[0], columns: sizes[1], bytesPerElement: bytes)
      }
      return (cost.flops, cost.bytesRead + cost.bytesWritten)
    }
  }

  /// Logarithms of picoseconds of one grid, not a number where nothing was measured.
  func logarithms(of table: KernelTableHeader.Table, _ configuration: Int) -> [Double] {
    let first = configuration * table.cellsOfGrid
    let bits = table.offset
    func isPresent(_ cell: Int) -> Bool { payload[bits + cell / 8] >> (cell % 8) & 1 == 1 }
    var code = bits + table.presenceBytes
    for byte in 0..<first / 8 { code += 2 * payload[bits + byte].nonzeroBitCount }
    for cell in first / 8 * 8..<first where isPresent(cell) { code += 2 }
    let shortest = log(table.shortest_us * 1e6)
    return (first..<first + table.cellsOfGrid).map { cell in
      guard isPresent(cell) else { return .nan }
      defer { code += 2 }
      return shortest + table.step * Double(UInt16(payload[code]) | UInt16(payload[code + 1]) << 8)
    }
  }
}

extension KernelTables: Hashable {
  /// Two are equal that were read from the same file.
  public static func == (left: KernelTables, right: KernelTables) -> Bool { left.path == right.path }

  /// By the file.
  public func hash(into hasher: inout Hasher) { hasher.combine(path) }
}

/// What one table of a file holds.
public struct KernelTableSummary: Sendable {
  /// Which kernels.
  public let kind: KernelKind
  /// The name of the element type.
  public let elementType: String
  /// Which software ran the kernels, with its version.
  public let engine: String
  /// The kernels' names there.
  public let kernels: [String]
  /// Name, smallest and largest value of each size, and how many values there are.
  public let sizes: [(name: String, range: ClosedRange<Int>, count: Int)]
  /// How many configurations of attention's heads there are.
  public let configurationCount: Int?
  /// How many times it has.
  public let pointCount: Int

  init(_ table: KernelTableHeader.Table) {
    kind = table.kind
    elementType = table.element_type
    engine = table.engine
    kernels = table.kernels
    sizes = table.axes.map { axis in
      (axis.name, (axis.values.first ?? 1)...(axis.values.last ?? 1), axis.values.count)
    }
    configurationCount = table.configurations?.count
    pointCount = table.points
  }
}
