import Results

/// A table of float32 in NumPy's format, for `numpy.load`.
///
/// Source: NumPy, "NEP 1 - A Simple File Format for NumPy Arrays", version 1.0 of the format.
public struct NumPyFile {
  private let rows: [[Float]]

  /// - Precondition: all rows are equally long.
  public init(rows: [[Float]]) {
    precondition(rows.allSatisfy { $0.count == rows[0].count }, "rows must be equally long")
    self.rows = rows
  }

  /// Writes the file.
  ///
  /// - Throws: `FileError` when it cannot be written.
  public func write(to path: String) throws(FileError) {
    let file = try OutputFile(path: path)
    try file.write(header)
    for row in rows {
      try file.write(row.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init) })
    }
    try file.close()
  }

  /// Magic, version, and a Python literal padded with spaces so that the values begin at a multiple of 64 bytes.
  private var header: [UInt8] {
    let shape = "(\(rows.count), \(rows.first?.count ?? 0))"
    let literal = "{'descr': '<f4', 'fortran_order': False, 'shape': \(shape), }"
    let prefixCount = 10
    let padding = 64 - (prefixCount + literal.utf8.count + 1) % 64
    let text = literal + String(repeating: " ", count: padding) + "\n"
    let length = UInt16(text.utf8.count)
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xff), UInt8(length >> 8)] + Array(text.utf8)
  }
}
