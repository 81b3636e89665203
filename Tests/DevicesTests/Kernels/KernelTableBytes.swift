import Foundation

/// A file of kernel tables, as `python/uniference/kernel_tables` writes them.
struct KernelTableBytes {
  var device = "h100-sxm"
  var version: UInt32 = 1
  /// Microseconds of each cell, the last axis running fastest; `nil` where nothing was measured.
  var cells: [Double?]
  var kind = "matrix_multiplication"
  var elementType = "bfloat16"
  var axes: [(name: String, values: [Int])]
  var configurations: [[Int]]?
  /// Fields of the table's header to replace.
  var overrides: [String: Any] = [:]

  var data: Data {
    let known = cells.compactMap(\.self)
    let (shortest, longest) = (known.min() ?? 1, known.max() ?? 1)
    let step = longest > shortest ? log(longest / shortest) / 65535 : 0.5
    var presence = [UInt8](repeating: 0, count: (cells.count + 7) / 8)
    var codes: [UInt8] = []
    for (cell, time) in cells.enumerated() {
      guard let time else { continue }
      presence[cell / 8] |= 1 << (cell % 8)
      let code = UInt16((log(time / shortest) / step).rounded())
      codes += [UInt8(code & 0xFF), UInt8(code >> 8)]
    }
    let payload = presence + codes
    var table: [String: Any] = [
      "kind": kind, "element_type": elementType, "engine": "engine 1", "kernels": ["kernel"],
      "axes": axes.map { ["name": $0.name, "values": $0.values] as [String: Any] }, "points": known.count,
      "shortest_us": shortest, "step": step, "offset": 0, "bytes": payload.count,
    ]
    if let configurations { table["configurations"] = configurations }
    table.merge(overrides) { $1 }
    let header: [String: Any] = [
      "device": device, "measured_on": "a device", "source": ["name": "a test"], "tables": [table],
    ]
    guard let text = try? JSONSerialization.data(withJSONObject: header) else { return Data() }
    func bytes(_ value: UInt64, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 0xFF) } }
    let size = UInt64(24 + text.count + payload.count)
    return Data("UNIKERN\n".utf8) + bytes(UInt64(version), 4) + bytes(UInt64(text.count), 4) + bytes(size, 8) + text
      + payload
  }

  /// Writes it into a folder of temporary files and returns the path.
  func write() throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kernels-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appendingPathComponent("own.kernels")
    try data.write(to: path)
    return path.path
  }
}
