/// Views: other shapes for the same elements. They take no memory and no time and share the storage.
extension Tensor {
  /// The same elements in the same order under another shape.
  public func reshaped(to shape: [Int]) throws -> Tensor {
    guard shape.allSatisfy({ $0 >= 0 }), shape.reduce(1, *) == elementCount else {
      throw ShapeError("reshape", shapes: [self.shape, shape], rule: "both must have as many elements")
    }
    let device = try viewedDevice("reshape")
    return Tensor(shape: shape, elementType: elementType, storage: try device.view(.reshape(shape), of: self))
  }

  /// The entries of `range` along `axis`.
  public func narrowed(axis: Int, to range: Range<Int>) throws -> Tensor {
    guard shape.indices.contains(axis), range.lowerBound >= 0, range.upperBound <= shape[axis] else {
      throw ShapeError("narrow", shapes: [shape], rule: "entries \(range) do not lie within axis \(axis)")
    }
    let device = try viewedDevice("narrow")
    let view = TensorView.narrow(axis: axis, start: range.lowerBound, count: range.count)
    var narrowed = shape
    narrowed[axis] = range.count
    return Tensor(shape: narrowed, elementType: elementType, storage: try device.view(view, of: self))
  }

  private func viewedDevice(_ operation: String) throws(PlacementError) -> any TensorDevice {
    guard let device else { throw PlacementError(operation: operation, operand: 0, isMessage: true) }
    return device
  }
}
