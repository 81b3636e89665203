import Communication
import LibTorch
import Quantities
import Tensors
import Testing

extension TorchTests {
  @Suite("A device of libtorch")
  struct TorchDeviceTests {
    @Test("It charges what the shape backend charges, and holds as much memory")
    func sameAccounts() throws {
      let shapes = LedgerAccounting()
      let bench = try TorchBench()
      for device in [ShapeDevice(accounting: shapes), bench.device] as [any TensorDevice] {
        let input = try Tensor(Array(repeating: Float(1), count: 24), shape: [1, 4, 6], on: device, label: "test")
        let weight = try Tensor(Array(repeating: Float(0.5), count: 30), shape: [5, 6], on: device, label: "test")
        let rows = try input.linear(weight).silu()
        _ = try rows.narrowed(axis: 1, to: 3..<4).argmax()
      }
      #expect(bench.accounting.state.records == shapes.state.records)
      #expect(bench.accounting.state.peakBytes == shapes.state.peakBytes)
      #expect(bench.accounting.state.liveBytes == 0)
    }

    @Test("Kernels are timed where that is wanted, and only there")
    func kernelTimes() throws {
      for measures in [true, false] {
        var bench = try TorchBench(measuresKernels: measures)
        let (input, _) = try bench.tensor([64, 64])
        _ = try input.linear(input)
        let times = bench.accounting.state.kernelTimes
        #expect(times.map { $0 != nil } == [measures])
        #expect(times.allSatisfy { $0.map { $0 > .zero } ?? true })
      }
    }

    @Test("Messages are copies: what the sender does afterwards does not change them")
    func messages() throws {
      let bench = try TorchBench()
      let tensor = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2], on: bench.device, label: "test")
      let message = tensor.elements(in: 1..<3)
      let zeros = try Tensor([0, 0, 0, 0] as [Float], shape: [2, 2], on: bench.device, label: "test")
      try tensor.copy(zeros, intoAxis: 0, at: 0)
      #expect(try message.placed(on: bench.device).floats() == [2, 3])
    }

    @Test("Reductions combine contributions element by element", arguments: ReductionOperator.allCases)
    func reductions(reduction: ReductionOperator) throws {
      let bench = try TorchBench()
      let isBitwise = [.bitwiseAnd, .bitwiseOr, .bitwiseExclusiveOr].contains(reduction)
      let parts = try [[6, 1, 3], [3, 5, 3], [7, 2, 1]].map { values in
        isBitwise
          ? try Tensor(values, shape: [3], on: bench.device, label: "test")
          : try Tensor(values.map(Float.init), shape: [3], on: bench.device, label: "test")
      }
      let expected: [Float] =
        switch reduction {
        case .sum: [16, 8, 7]
        case .product: [126, 10, 9]
        case .minimum: [3, 1, 1]
        case .maximum: [7, 5, 3]
        case .average: [16 / 3, 8 / 3, 7 / 3]
        case .bitwiseAnd: [2, 0, 1]
        case .bitwiseOr: [7, 7, 3]
        case .bitwiseExclusiveOr: [2, 6, 1]
        }
      try expectClose(
        Tensor.reducing(parts, with: reduction).placed(on: bench.device), expected, "\(reduction.rawValue)")
    }

    @Test("What libtorch refuses comes as an error that says why")
    func errors() throws {
      let bench = try TorchBench()
      let floats = try Tensor([1, 2] as [Float], shape: [2], on: bench.device, label: "test")
      let integers = try Tensor([1, 2] as [Int], shape: [2], on: bench.device, label: "test")
      let mixed = Tensor.reducing([floats, integers], with: .sum)
      #expect(throws: TorchError.self) { _ = try mixed.placed(on: bench.device) }
      #expect(throws: TorchError.self) {
        _ = try Tensor(uninitialized: [2], elementType: .float8, on: bench.device, label: "test")
      }
      let library = try Torch.library.get()
      #expect(throws: TorchError.self) { try library.checkDevice("abacus") }
    }

    @Test("Nothing of libtorch outlives the tensors of a program")
    func noLeak() throws {
      let library = try Torch.library.get()
      let before = library.liveTensorCount
      do {
        var bench = try TorchBench()
        let (input, _) = try bench.tensor([1, 3, 2, 4])
        let turned = try input.rotated(by: RotaryEmbedding(base: 100), position: 2)
        let view = try turned.reshaped(to: [6, 4]).narrowed(axis: 0, to: 1..<3)
        let message = Tensor.concatenating([view.elements(in: 0..<4), view.elements(in: 4..<8)])
        _ = try message.placed(on: bench.device)
        #expect(library.liveTensorCount > before)
      }
      #expect(library.liveTensorCount == before)
    }

    @Test("A library that is not there is named, with what builds it")
    func missingLibrary() {
      let error = #expect(throws: TorchError.self) { _ = try TorchLibrary(path: "/nowhere/libUniferenceTorch.so") }
      #expect(error?.description.contains("/nowhere/libUniferenceTorch.so") == true)
    }
  }
}
