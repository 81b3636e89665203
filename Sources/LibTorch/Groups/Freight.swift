import CLibTorch
import Communication
import Quantities
import Tensors

/// Payloads as tensors of libtorch, which is what c10d carries.
///
/// A ``Tensor`` travels with its elements, a ``ByteCount`` as that many bytes of no meaning.
struct Freight {
  let library: TorchLibrary
  /// libtorch's name of the device that messages arrive on.
  let deviceName: String

  /// A flat tensor of a payload's elements, which the communication may overwrite.
  ///
  /// - Throws: for payloads of other types, and tensors without values.
  func loaded<P: Payload>(_ payload: P) throws -> TorchTensor {
    if let tensor = payload.message as? Tensor { return try tensor.torchTensor }
    if payload is ByteCount { return try buffer(of: payload.elementCount, .uint8) }
    throw Self.unknown(P.self)
  }

  /// The elements of all payloads, one after another.
  func loaded<P: Payload>(_ payloads: [P]) throws -> TorchTensor { try loaded(P.concatenating(payloads)) }

  /// The same elements with others of no meaning behind them, so that there are `count`.
  func padded<P: Payload>(_ content: TorchTensor, to count: Int, like payload: P) throws -> TorchTensor {
    let missing = try buffer(of: count - payload.elementCount, like: payload)
    let parts = [Optional(content.pointer), Optional(missing.pointer)]
    return try withExtendedLifetime((content, missing)) {
      try library.tensor { library.functions.tensors.joinFlat(parts, 2, $0) }
    }
  }

  /// Room for `count` elements as a payload has them.
  func buffer<P: Payload>(of count: Int, like payload: P) throws -> TorchTensor {
    try buffer(of: count, (payload as? Tensor)?.elementType ?? .uint8)
  }

  /// Room for `count` elements.
  func buffer(of count: Int, _ elementType: ElementType) throws -> TorchTensor {
    let code = try elementType.torchCode
    return try library.tensor { library.functions.tensors.empty([Int64(count)], 1, code, deviceName, $0) }
  }

  /// What has arrived, as a payload.
  func unloaded<P: Payload>(_ tensor: TorchTensor, count: Int, like payload: P) throws -> P {
    try unloaded(tensor, count: count, (payload as? Tensor)?.elementType, as: P.self)
  }

  /// What has arrived, as a payload; `elementType` is `nil` of a ``ByteCount``.
  func unloaded<P: Payload>(_ tensor: TorchTensor, count: Int, _ elementType: ElementType?, as type: P.Type) throws -> P
  {
    let content: any Payload =
      if let elementType {
        Tensor(
          shape: [count], elementType: elementType, storage: TorchStorage(message: .success(tensor), library: library))
      } else {
        ByteCount(byteCount: count)
      }
    guard let payload = content as? P else {
      throw TorchError("the message holds \(Swift.type(of: content)), not \(P.self)")
    }
    return payload
  }

  static func unknown(_ type: any Payload.Type) -> TorchError {
    TorchError("a \(type) cannot travel between processes; send a Tensor or a ByteCount")
  }
}
