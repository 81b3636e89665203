import Quantities
import Tensors

/// The keys and values of all sequences in one layer, in memory taken at the start for a number of positions, of which
/// sequences get blocks (Kwon et al., "PagedAttention", 2023).
///
/// Which positions are whose is the scheduler's account; here they have their memory and their costs.
struct PagedCache: Sendable {
  /// Where it is.
  let device: any TensorDevice
  private let keys: Tensor
  /// `nil` where keys and values come of one latent vector.
  private let values: Tensor?
  private let headCount: Int
  private let headSize: Int

  /// Takes memory for `positionCount` positions.
  init(
    positionCount: Int, headCount: Int, headSize: Int, isLatent: Bool = false, elementType: ElementType,
    on device: any TensorDevice
  ) throws {
    let shape = [1, positionCount, headCount, headSize]
    keys = try Tensor(uninitialized: shape, elementType: elementType, on: device, label: "key-value cache")
    values =
      isLatent ? nil : try Tensor(uninitialized: shape, elementType: elementType, on: device, label: "key-value cache")
    self.device = device
    self.headCount = headCount
    self.headSize = headSize
  }

  /// Copies keys and values `[1, rows, heads, head size]` to their places.
  func write(_ new: KeysAndValues) throws {
    try keys.copy(new.keys, intoAxis: 1, at: 0)
    try values?.copy(new.values, intoAxis: 1, at: 0)
  }

  /// Copies latent vectors `[1, rows, 1, size]` to their places.
  func write(latent new: Tensor) throws { try keys.copy(new, intoAxis: 1, at: 0) }

  /// The first `positions` latent vectors of `count` sequences, as a kernel finds them by its table of blocks.
  func latents(_ count: Int, positions: Int) -> Tensor {
    Tensor(shape: [count, positions, headSize], elementType: keys.elementType, storage: keys.storage)
  }

  /// The first `positions` positions of `count` sequences as a kernel finds them by its table of blocks. Sequences may share
  /// blocks, so that these may be more positions than there is memory for.
  func sequences(_ count: Int, positions: Int) -> KeysAndValues {
    let shape = [count, positions, headCount, headSize]
    return KeysAndValues(
      keys: Tensor(shape: shape, elementType: keys.elementType, storage: keys.storage),
      values: Tensor(shape: shape, elementType: (values ?? keys).elementType, storage: (values ?? keys).storage))
  }
}
