import Foundation

/// A file of kernel tables, as `python/uniference/kernel_tables` writes them.
struct KernelTableBytes: Sendable {
  var device = "h100-sxm"
  var version: UInt32 = 1
  /// Microseconds of each cell, the last axis running fastest; `nil` where nothing was measured.
  var cells: [Double?]
  var kind = "matrix_multiplication"
  var elementType = "bfloat16"
  var axes: [(name: String, values: [Int])]
  var configurations: [[Int]]?
  /// Fields of the table's header to replace.
  var overrides: [String: any Sendable] = [:]

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
    for (field, value) in overrides { table[field] = value }
    let header: [String: Any] = [
      "device": device, "measured_on": "a device", "source": ["name": "a test"], "tables": [table],
    ]
    guard let text = try? JSONSerialization.data(withJSONObject: header) else { return Data() }
    var data = Data("UNIKERN\n".utf8)
    func append(_ value: Int, bytes count: Int) {
      for byte in 0..<count { data.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
    }
    append(Int(version), bytes: 4)
    append(text.count, bytes: 4)
    append(24 + text.count + payload.count, bytes: 8)
    data.append(text)
    data.append(contentsOf: payload)
    return data
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
