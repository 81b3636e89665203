/// Bytes that processors move between memory and their caches at once: 64 on x86-64, and a divisor of Apple's 128.
public let cacheLineByteCount = 64

extension UnsafeMutablePointer {
  /// Memory for `capacity` elements that begins at a multiple of `alignment` bytes. Deallocate it as raw memory.
  public static func allocate(capacity: Int, alignment: Int) -> Self {
    UnsafeMutableRawPointer.allocate(
      byteCount: capacity * MemoryLayout<Pointee>.stride, alignment: max(alignment, MemoryLayout<Pointee>.alignment)
    ).bindMemory(to: Pointee.self, capacity: capacity)
  }
}
