import Inputs
import Quantities
import Tensors

/// Makes a model's parameters in the memory of a device and, where tensors have values there, fills them.
///
/// Layers ask it for each parameter by the name that the model's checkpoints use:
///
///     let norm = try parameters.scoped("model.norm").parameter("weight", [.whole(576)], label: "norm weights")
///
/// Loading takes memory, not time: it is over before a prediction begins.
public struct ParameterLoader: Sendable {
  /// Where the parameters live.
  public let device: any TensorDevice
  /// Their type.
  public let elementType: ElementType
  private let source: (any ParameterSource)?
  /// The format that a matrix is stored in, by its full name and its columns; `nil` for its type.
  private let format: (@Sendable (_ parameter: String, _ columns: Int) -> QuantizedFormat?)?
  private let scope: String

  /// - Parameters:
  ///   - source: where values come from; may be `nil` on a device whose tensors have none.
  ///   - format: the format that a matrix is stored in, by its full name and the number of its columns.
  public init(
    device: any TensorDevice, elementType: ElementType, source: (any ParameterSource)?,
    format: (@Sendable (_ parameter: String, _ columns: Int) -> QuantizedFormat?)? = nil
  ) {
    self.init(device: device, elementType: elementType, source: source, format: format, scope: "")
  }

  private init(
    device: any TensorDevice, elementType: ElementType, source: (any ParameterSource)?,
    format: (@Sendable (String, Int) -> QuantizedFormat?)?, scope: String
  ) {
    self.device = device
    self.elementType = elementType
    self.source = source
    self.format = format
    self.scope = scope
  }

  /// The loader of a part of the model: `name` and a dot stand before the names of its parameters.
  public func scoped(_ name: String) -> ParameterLoader {
    ParameterLoader(
      device: device, elementType: elementType, source: source, format: format, scope: "\(scope)\(name).")
  }

  /// A parameter, or the part of it that this device holds.
  ///
  /// - Parameters:
  ///   - name: its name within the scope.
  ///   - axes: outermost first; what is held of each. A part may be held of the first and of the last one only.
  ///   - label: what the memory is for, in reports of what filled a device.
  /// - Throws: what the device throws when memory does not suffice, ``ParametersMissing`` when values are wanted and
  ///   there is no source, and what the source throws.
  public func parameter(_ name: String, _ axes: [AxisShare], label: StaticString) throws -> Tensor {
    let part = ParameterPart(name: scope + name, axes: axes)
    let stored = axes.count == 2 ? format?(part.name, axes[1].total) : nil
    let tensor = try Tensor(
      uninitialized: axes.map(\.count), elementType: elementType, format: stored, on: device, label: label)
    guard device.keepsValues else {
      try source?.check(part)
      return tensor
    }
    guard let source else { throw ParametersMissing(parameter: part.name) }
    try source.fill(tensor, with: part)
    return tensor
  }
}

/// What a device holds of a parameter.
public struct ParameterPart: Hashable, Sendable {
  /// Its full name, such as `model.layers.3.self_attn.q_proj.weight`.
  public let name: String
  /// What is held of each axis, outermost first.
  public let axes: [AxisShare]

  /// The whole parameter's shape.
  public var shape: [Int] { axes.map(\.total) }
}

/// Where the values of a model's parameters come from.
public protocol ParameterSource: Sendable {
  /// Writes the values of a part to the tensor that was made for it.
  ///
  /// - Throws: when there is no such parameter, or it has another shape.
  func fill(_ tensor: Tensor, with part: ParameterPart) throws

  /// Throws when there is no such parameter, or it has another shape. Asked where tensors have no values to fill.
  func check(_ part: ParameterPart) throws
}

extension ParameterSource {
  /// Accepts everything.
  public func check(_ part: ParameterPart) throws {}
}

/// Values are wanted of a model that has only a configuration.
public struct ParametersMissing: Error, CustomStringConvertible, Hashable, Sendable, UserFacingError {
  /// The first parameter that was asked for.
  public let parameter: String

  /// What to do about it.
  public var description: String {
    "\(parameter) has no values, since the model is given by its configuration alone; "
      + "give a folder or file of weights (safetensors or GGUF)"
  }
}
