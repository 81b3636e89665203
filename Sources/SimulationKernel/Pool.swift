import CacheHints

/// Elements at stable indices with reuse of removed ones, in memory that is accessed without checks.
///
/// For tables that are touched several times per event: a `let` of this type needs no exclusivity check and no reference
/// counting. The owner calls ``deallocate()`` when it goes away. An index is valid from ``insert(_:)`` until
/// ``remove(_:)``; other indices are undefined behaviour, checked in debug builds only by bounds.
@frozen
public struct Pool<Element> {
  @usableFromInline
  struct Header {
    @usableFromInline var elements: UnsafeMutablePointer<Element>
    @usableFromInline var capacity: Int
    /// Slots that have ever been used.
    @usableFromInline var end: Int
    @usableFromInline var live: Int
    @usableFromInline var free: [Int32]

    @usableFromInline
    init(elements: UnsafeMutablePointer<Element>, capacity: Int) {
      self.elements = elements
      self.capacity = capacity
      end = 0
      live = 0
      free = []
    }
  }

  @usableFromInline let header: UnsafeMutablePointer<Header>

  /// An empty pool with room for that many elements before it grows.
  public init(capacity: Int = 16) {
    header = .allocate(capacity: 1)
    header.initialize(to: Header(elements: Self.room(for: capacity), capacity: capacity))
  }

  /// Number of live elements.
  @inlinable public var count: Int { header.pointee.live }

  /// The element at an index that ``insert(_:)`` has returned.
  @inlinable
  public subscript(index: Int32) -> Element {
    @inline(__always) unsafeAddress {
      assert(index >= 0 && index < header.pointee.end)
      return UnsafePointer(header.pointee.elements + Int(index))
    }
    @inline(__always) nonmutating unsafeMutableAddress {
      assert(index >= 0 && index < header.pointee.end)
      return header.pointee.elements + Int(index)
    }
  }

  /// Brings an element near before it is needed. Any index will do, -1 for none too.
  @inlinable @inline(__always)
  public func prefetch(_ index: Int32) {
    prefetchForWriting(header.pointee.elements + Int(index))
  }

  /// Puts an element in, at the index of a removed one if there is any. Amortised O(1).
  @inlinable
  public func insert(_ element: Element) -> Int32 {
    header.pointee.live += 1
    if let index = header.pointee.free.popLast() {
      (header.pointee.elements + Int(index)).initialize(to: element)
      return index
    }
    if header.pointee.end == header.pointee.capacity { grow() }
    let index = header.pointee.end
    (header.pointee.elements + index).initialize(to: element)
    header.pointee.end += 1
    return Int32(truncatingIfNeeded: index)
  }

  /// Takes an element out; its index is used again. O(1).
  @inlinable
  public func remove(_ index: Int32) {
    (header.pointee.elements + Int(index)).deinitialize(count: 1)
    header.pointee.live -= 1
    header.pointee.free.append(index)
  }

  /// Memory in which elements whose sizes are powers of two cross no more cache lines than they must.
  @usableFromInline
  static func room(for capacity: Int) -> UnsafeMutablePointer<Element> {
    .allocate(capacity: capacity, alignment: cacheLineByteCount)
  }

  /// Called only when no removed slot is left, so that all slots up to `end` are live.
  @usableFromInline
  func grow() {
    let capacity = header.pointee.capacity + max(16, header.pointee.capacity / 2)
    let larger = Self.room(for: capacity)
    larger.moveInitialize(from: header.pointee.elements, count: header.pointee.end)
    UnsafeMutableRawPointer(header.pointee.elements).deallocate()
    header.pointee.elements = larger
    header.pointee.capacity = capacity
  }

  /// The indices of the live elements, rising. O(elements).
  public var indices: [Int32] {
    let removed = Set(header.pointee.free)
    return (0..<Int32(truncatingIfNeeded: header.pointee.end)).filter { !removed.contains($0) }
  }

  /// Gives the memory back; the pool must not be used afterwards.
  public func deallocate() {
    for index in indices { (header.pointee.elements + Int(index)).deinitialize(count: 1) }
    UnsafeMutableRawPointer(header.pointee.elements).deallocate()
    header.deinitialize(count: 1)
    header.deallocate()
  }
}
