import CLibTorch
import Communication
import Tensors

/// The elements of a tensor of libtorch: in the memory of a rank's device, or on their way as a message.
final class TorchStorage: TensorStorage {
  /// The elements. A message may hold why it could not be made instead, which whoever receives it is told: those who
  /// make messages cannot fail.
  let content: Result<TorchTensor, TorchError>
  let library: TorchLibrary
  private let owner: TorchDevice?
  /// What the device's accounts know of this memory; views keep that of the tensor they see.
  let memory: (any TensorStorage)?

  init(_ tensor: TorchTensor, memory: any TensorStorage, device: TorchDevice) {
    content = .success(tensor)
    library = device.library
    owner = device
    self.memory = memory
  }

  init(message content: Result<TorchTensor, TorchError>, library: TorchLibrary) {
    self.content = content
    self.library = library
    owner = nil
    memory = nil
  }

  var device: (any TensorDevice)? { owner }

  func message(of range: Range<Int>) -> any TensorStorage {
    message { () throws(TorchError) in
      let pointer = try self.content.get().pointer
      return try self.library.tensor {
        self.library.functions.tensors.copyRange(pointer, Int64(range.lowerBound), Int64(range.count), $0)
      }
    }
  }

  func message(concatenating parts: [Tensor]) -> any TensorStorage {
    message(of: parts) { functions, pointers, count, result in functions.joinFlat(pointers, count, result) }
  }

  func message(reducing contributions: [Tensor], with reduction: ReductionOperator) -> any TensorStorage {
    message(of: contributions) { functions, pointers, count, result in
      functions.reduce(pointers, count, reduction.torchCode, result)
    }
  }

  private func message(
    of parts: [Tensor],
    _ combine: (
      UniferenceTensorFunctions, UnsafePointer<OpaquePointer?>?, Int64, UnsafeMutablePointer<OpaquePointer?>
    ) -> UniferenceFailure?
  ) -> any TensorStorage {
    message { () throws(TorchError) in
      let tensors = try parts.map { (part) throws(TorchError) in try part.torchTensor }
      let pointers = tensors.map { Optional($0.pointer) }
      return try withExtendedLifetime(tensors) { () throws(TorchError) in
        try self.library.tensor { result in
          pointers.withUnsafeBufferPointer {
            combine(self.library.functions.tensors, $0.baseAddress, Int64($0.count), result)
          }
        }
      }
    }
  }

  private func message(_ make: () throws(TorchError) -> TorchTensor) -> any TensorStorage {
    do throws(TorchError) {
      return TorchStorage(message: .success(try make()), library: library)
    } catch {
      return TorchStorage(message: .failure(error), library: library)
    }
  }
}

extension Tensor {
  /// The tensor of libtorch behind it.
  var torchTensor: TorchTensor {
    get throws(TorchError) {
      guard let storage = storage as? TorchStorage else {
        throw TorchError("a tensor without values came to where values are computed")
      }
      return try storage.content.get()
    }
  }
}
