import Communication
import Quantities
import Tensors
import Testing

@Suite("Operands that do not fit")
struct ShapeErrorTests {
  let bench = Bench()

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  @Test("errors name shapes and rule")
  func errorsNameShapesAndRule() throws {
    let matrix = try bench.tensor([2, 8])
    let other = try bench.tensor([16, 9])
    let heads = try bench.tensor([1, 2, 6, 4])
    let fewHeads = try bench.tensor([1, 2, 4, 4])
    #expect(
      message { _ = try matrix.linear(other) }
        == "linear of [2, 8] and [16, 9]: the input's last dimension must equal the weight's second")
    #expect(
      message { _ = try matrix.matmul(other) }
        == "matmul of [2, 8] and [16, 9]: the left's last dimension must equal the right's last but one")
    #expect(
      message { _ = try matrix + other }
        == "add of [2, 8] and [16, 9]: the right shape must equal the left one or its last dimensions")
    #expect(
      message { _ = try heads.attention(keys: fewHeads, values: fewHeads, causalOffset: 0) }
        == "attention of [1, 2, 6, 4] and [1, 2, 4, 4] and [1, 2, 4, 4]: "
        + "query heads must be a multiple of key-value heads")
    #expect(
      message { _ = try matrix.embedding(from: other) }
        == "embedding of [2, 8] and [16, 9]: indices must be integers, they are float32")
    #expect(
      message { _ = try matrix + bench.tensor([2, 8], .float16) }
        == "add of [2, 8] and [2, 8]: element types must be equal, they are float32, float16")
    #expect(
      message { _ = try Tensor.concatenate([matrix, other], axis: 0) }
        == "concatenate of [2, 8] and [16, 9]: shapes must be equal but for axis 0")
    #expect(
      message { try matrix.copy(bench.tensor([2, 3]), intoAxis: 1, at: 6) }
        == "copy of [2, 3] and [2, 8]: entries 6..<9 do not lie within axis 1 of the destination")
    #expect(
      message { _ = try matrix.reshaped(to: [3, 5]) }
        == "reshape of [2, 8] and [3, 5]: both must have as many elements")
    #expect(
      message { _ = try matrix.narrowed(axis: 1, to: 4..<9) }
        == "narrow of [2, 8]: entries 4..<9 do not lie within axis 1")
    #expect(bench.accounting.records.isEmpty)
  }

  @Test("operands share a device")
  func operandsShareADevice() throws {
    let here = try bench.tensor([2, 8])
    let elsewhere = try Bench().tensor([2, 8])
    #expect(
      message { _ = try here + elsewhere }
        == "add: operand 1 lives on another device than operand 0; send it there first")
    #expect(
      message { _ = try here.elements(in: 0..<4).silu() }
        == "silu: operand 0 is a message on no device; call placed(on:label:) on it first")
  }
}
