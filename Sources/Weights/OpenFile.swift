import Foundation

/// A file of weights, of which parts are read as they are asked for.
///
/// It is read, not mapped into memory: a file that somebody cuts off meanwhile gives an error and not a signal.
final class OpenFile: Sendable {
  let path: String
  /// Its size when it was opened.
  let byteCount: Int
  private let descriptor: Int32

  /// - Throws: when the path is that of no file, or of one that cannot be opened.
  init(path: String) throws(WeightError) {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw WeightError(path, "cannot be opened: \(String(cString: strerror(errno)))") }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let reason = String(cString: strerror(errno))
      close(descriptor)
      throw WeightError(path, "cannot be read: \(reason)")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw WeightError(path, "is no file; give a .gguf or .safetensors file or the folder of a model")
    }
    byteCount = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Fills `buffer` with the bytes from `offset` on.
  ///
  /// - Throws: when the file has fewer, as it can once it is changed.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(WeightError) {
    var filled = 0
    while filled < buffer.count, let start = buffer.baseAddress {
      let count = pread(descriptor, start + filled, buffer.count - filled, off_t(offset + filled))
      if count > 0 {
        filled += count
      } else if count == 0 {
        throw WeightError(
          path,
          "ends at byte \(offset + filled), it had \(byteCount) bytes when it was opened: it was cut off meanwhile")
      } else if errno != EINTR {
        throw WeightError(path, "cannot be read at byte \(offset + filled): \(String(cString: strerror(errno)))")
      }
    }
  }

  /// The bytes from `offset` on.
  func bytes(at offset: Int, count: Int) throws(WeightError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    // A closure that throws a typed error is not inferred as such here.
    var failure: WeightError?
    bytes.withUnsafeMutableBytes { buffer in
      do throws(WeightError) { try read(at: offset, into: buffer) } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }
}
