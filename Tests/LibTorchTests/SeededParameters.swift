import Models
import SimulationKernel
import Tensors

/// Parameters of any model, the same for every part that a device may hold of them: an element's value follows from the
/// parameter's name and the element's place in it.
struct SeededParameters: ParameterSource {
  let seed: UInt64

  func fill(_ tensor: Tensor, with part: ParameterPart) throws {
    let isVector = part.axes.count < 2
    let rows = isVector ? 0..<1 : part.axes[0].range
    // Of more than two axes, a part is held of the first one only.
    let length = part.axes.dropFirst(isVector ? 0 : 1).reduce(1) { $0 * $1.total }
    let columns = part.axes.count > 2 || part.axes.isEmpty ? 0..<length : part.axes[isVector ? 0 : 1].range
    var values: [Float] = []
    for row in rows {
      let place = part.name.utf8.reduce(seed &+ UInt64(row)) { $0 &* 0x100_0000_01b3 ^ UInt64($1) }
      var random = RandomStream(seed: place)
      let whole = (0..<length).map { _ in Float.random(in: -0.5...0.5, using: &random) }
      // Norm weights are near 1, as in trained models, so that layers neither vanish nor explode.
      values += whole[columns].map { isVector ? 1 + $0 : $0 }
    }
    try values.withUnsafeBytes { bytes in
      guard let device = tensor.device else { return }
      try device.write(bytes, to: tensor)
    }
  }
}
