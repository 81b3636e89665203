import Testing

/// All tests that compute with libtorch, one after another, since they count its tensors.
@Suite("libtorch", .enabled(if: Torch.isWanted), .serialized)
enum TorchTests {}
