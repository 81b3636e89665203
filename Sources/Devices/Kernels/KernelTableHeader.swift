/// What a file of kernel tables says of itself, as JSON before the times.
struct KernelTableHeader: Decodable, Sendable {
  struct Source: Decodable, Sendable {
    let name: String
    let url: String?
    let license: String?
    let copyright: String?
  }

  /// Microseconds that an operation without work takes.
  struct Launch: Decodable, Sendable {
    /// Of the host to dispatch it, or of a processor that runs the program itself.
    let dispatch_us: Double
    /// Of the device, in a replayed graph.
    let replay_us: Double?

    /// Whether the figures are times.
    var isUsable: Bool {
      [dispatch_us, replay_us ?? 1].allSatisfy { $0 > 0 && $0 < 1e6 }
    }
  }

  struct Axis: Decodable, Sendable {
    let name: String
    let values: [Int]
  }

  struct Table: Decodable, Sendable {
    let kind: KernelKind
    let element_type: String
    let engine: String
    let kernels: [String]
    let axes: [Axis]
    let configurations: [[Int]]?
    let points: Int
    let shortest_us: Double
    let step: Double
    let offset: Int
    let bytes: Int

    /// Cells of one grid.
    var cellsOfGrid: Int { axes.reduce(1) { $0 * $1.values.count } }
    /// Cells of all grids.
    var cells: Int { cellsOfGrid * (configurations?.count ?? 1) }
    /// Bytes of the bits that tell which cells have a time.
    var presenceBytes: Int { (cells + 7) / 8 }

    /// What makes the table unusable, if anything does.
    func fault(inPayloadOf payloadBytes: Int) -> String? {
      let what = "its table \(kind.rawValue) of \(element_type)"
      guard axes.map(\.name) == kind.axisNames else {
        return "\(what) has the axes \(axes.map(\.name).joined(separator: ", ")); it must have "
          + kind.axisNames.joined(separator: ", ")
      }
      for axis in axes {
        let isSorted = zip(axis.values, axis.values.dropFirst()).allSatisfy(<)
        guard let first = axis.values.first, first > 0, isSorted, axis.values.count <= 4096 else {
          return "\(what): the values of \(axis.name) must be 1 to 4096 positive numbers that increase"
        }
      }
      guard (configurations != nil) == kind.hasConfigurations,
        configurations?.allSatisfy({ $0.count == 3 && $0.allSatisfy { $0 > 0 } }) ?? true
      else {
        return "\(what): configurations must be lists of heads, key and value heads, and head size, for attention only"
      }
      guard shortest_us > 0, shortest_us.isFinite, step > 0, step < 1 || points <= 1, step.isFinite else {
        return "\(what): shortest_us and step must be positive numbers"
      }
      guard cells <= 1 << 24, points > 0, points <= cells, bytes == presenceBytes + 2 * points else {
        return "\(what) has \(points) points and \(bytes) bytes, which do not belong together"
      }
      guard offset >= 0, offset <= payloadBytes - bytes else {
        return "\(what) lies outside of the file's \(payloadBytes) bytes of times"
      }
      return nil
    }
  }

  let device: String
  let measured_on: String
  let source: Source
  let launch: Launch?
  let tables: [Table]
}
