import Foundation
import Testing

@Suite struct ExampleTests {
  @Test(
    "prints its golden output",
    arguments: [
      ("ping-pong", "PingPong"), ("shared-link", "SharedLink"), ("ring-all-reduce", "RingAllReduce"),
      ("llama", "Llama"),
      ("tensor-parallel-mlp", "TensorParallelMLP"),
    ])
  func printsItsGoldenOutput(program: String, folder: String) throws {
    let golden = BuiltProgram.packageFolder.appending(path: "Examples/\(folder)/golden.txt")

    let expected = try String(contentsOf: golden, encoding: .utf8)

    #expect(try BuiltProgram(name: program).output() == expected)
  }
}
