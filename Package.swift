// swift-tools-version: 6.2
import PackageDescription

/// Not optimised: tests, and modules of the command line, which nothing waits for. The optimiser would take two thirds of
/// their compile time. Packages that depend on this one by version may not use modules with such settings, so none of the
/// library's can have them.
let quickToCompile: [SwiftSetting] = [.unsafeFlags(["-Onone"], .when(configuration: .release))]

let package = Package(
  name: "Uniference",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Uniference", targets: ["Uniference", "Predictions", "ProgramLibraries"]),
    .library(name: "LlamaProgram", type: .dynamic, targets: ["LlamaProgramLibrary"]),
    .library(name: "MixedRanks", type: .dynamic, targets: ["MixedRanks"]),
    .library(name: "TestPrograms", type: .dynamic, targets: ["TestPrograms"]),
    .executable(name: "uniference", targets: ["UniferenceCommand"]),
    .executable(name: "uniference-program-host", targets: ["ProgramHost"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // Each module may import only modules above it. ARCHITECTURE.md describes them.
    .target(name: "Inputs"),
    .target(name: "Quantities", dependencies: ["Inputs"]),
    .target(name: "CacheHints"),
    .target(name: "SystemCalls"),
    .target(name: "ChildPrograms", dependencies: ["Inputs", "SystemCalls"]),
    .target(
      name: "Documents", dependencies: ["Inputs", "Quantities", .product(name: "Yams", package: "Yams")]),
    .target(
      name: "SimulationKernel",
      dependencies: [
        "CacheHints", "Inputs", "Quantities", .product(name: "DequeModule", package: "swift-collections"),
      ]),
    .target(
      name: "Network",
      dependencies: [
        "Inputs", "Quantities", "SimulationKernel", .product(name: "HeapModule", package: "swift-collections"),
      ]),
    .target(name: "Hosts", dependencies: ["Quantities", "SimulationKernel"]),
    .target(name: "Weights", dependencies: ["Inputs", "Quantities"]),
    .target(
      name: "Tokenization", dependencies: ["Inputs", .product(name: "HeapModule", package: "swift-collections")]),
    .target(name: "Devices", dependencies: ["Inputs", "Quantities"], resources: [.copy("Resources/Kernels")]),
    .target(name: "Communication", dependencies: ["Inputs"]),
    .target(
      name: "Simulation",
      dependencies: ["Quantities", "SimulationKernel", "Network", "Hosts", "Devices", "Communication"]),
    .target(name: "Tensors", dependencies: ["Quantities", "Devices", "Communication"]),
    .target(
      name: "Models",
      dependencies: [
        "ChildPrograms", "Inputs", "Quantities", "Devices", "Communication", "Tensors", "Weights", "Tokenization",
      ]),
    .target(name: "CLibTorch", exclude: ["torch"], linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    .target(
      name: "LibTorch",
      dependencies: [
        "CLibTorch", "ChildPrograms", "Inputs", "Quantities", "Communication", "Tensors",
        .product(name: "DequeModule", package: "swift-collections"),
      ]),
    .target(name: "SHA256Instructions"),
    .target(name: "Results", dependencies: ["Inputs", "Quantities", "SHA256Instructions", "SystemCalls"]),
    .target(
      name: "Reports",
      dependencies: ["Inputs", "Quantities", "Results", .product(name: "HeapModule", package: "swift-collections")],
      resources: [.copy("Resources/Page")]),
    .target(
      name: "Uniference",
      dependencies: [
        "Documents", "Inputs", "Quantities", "SimulationKernel", "Network", "Hosts", "Devices", "Communication",
        "Simulation", "Tensors", "LibTorch", "Models", "Results", "Reports",
        .product(name: "HeapModule", package: "swift-collections"),
      ],
      resources: [.embedInCode("Runtimes/Shipped")]),
    .target(
      name: "Serving",
      dependencies: [
        "Communication", "Inputs", "Quantities", "SimulationKernel", "Simulation", "Models", "Uniference",
        .product(name: "DequeModule", package: "swift-collections"),
      ]),
    .target(
      name: "Predictions",
      dependencies: [
        "Documents", "Inputs", "Quantities", "SimulationKernel", "Network", "Devices", "Simulation", "Tensors",
        "Models", "Results", "Serving", "Uniference",
      ]),
    .target(
      name: "Ledger",
      dependencies: [
        "ChildPrograms", "Communication", "Devices", "Documents", "Inputs", "Models", "Predictions", "Quantities",
        "Reports", "Results", "SimulationKernel", "Uniference",
      ],
      swiftSettings: quickToCompile),
    .target(
      name: "ProgramLibraries",
      dependencies: [
        "ChildPrograms", "Documents", "Inputs", "SystemCalls", "Uniference", "LibTorch", "Models", "SimulationKernel",
        "Results", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "ProgramHost", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    .target(
      name: "PyTorchBridge",
      dependencies: [
        "ChildPrograms", "Inputs", "Quantities", "SimulationKernel", "Devices", "Communication", "Simulation",
        "Results", "Uniference", .product(name: "DequeModule", package: "swift-collections"),
      ]),
    .target(
      name: "Validation",
      dependencies: ["ChildPrograms", "Documents", "Inputs", "Uniference", "Quantities", "Reports"],
      swiftSettings: quickToCompile),
    .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
    .target(
      name: "Sweeps",
      dependencies: [
        "CSQLite", "ChildPrograms", "Documents", "Inputs", "Predictions", "Quantities", "Results", "SimulationKernel",
        "Uniference",
      ],
      swiftSettings: quickToCompile),
    .target(
      name: "Plans",
      dependencies: [
        "Communication", "Devices", "Documents", "Inputs", "Models", "Network", "Predictions", "Quantities",
        "SimulationKernel", "Sweeps", "Uniference",
      ],
      swiftSettings: quickToCompile),
    .target(name: "Testbed", dependencies: ["ChildPrograms", "Inputs", "Quantities"]),
    .target(
      name: "Calibration",
      dependencies: [
        "ChildPrograms", "Documents", "Inputs", "Uniference", "Simulation", "Network", "Hosts", "Quantities", "Reports",
      ],
      swiftSettings: quickToCompile),
    .executableTarget(
      name: "UniferenceCommand",
      dependencies: [
        "ChildPrograms", "PyTorchBridge", "ProgramLibraries", "Calibration", "Validation", "Ledger", "Sweeps",
        "Plans", "Testbed", "Documents", "Predictions",
        "Uniference", "LibTorch", "Inputs", "Quantities", "SimulationKernel", "Network", "Devices",
        "Models", "Tokenization", "Weights", "Results", "Reports",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: quickToCompile),
    .executableTarget(
      name: "ping-pong", dependencies: ["Uniference"], path: "Examples/PingPong", exclude: ["golden.txt"]),
    .executableTarget(
      name: "shared-link", dependencies: ["Uniference"], path: "Examples/SharedLink", exclude: ["golden.txt"]),
    .executableTarget(
      name: "ring-all-reduce", dependencies: ["Uniference"], path: "Examples/RingAllReduce", exclude: ["golden.txt"]),
    .executableTarget(
      name: "llama", dependencies: ["Uniference", "Predictions", "Models"], path: "Examples/Llama",
      exclude: ["golden.txt"]),
    .executableTarget(
      name: "tensor-parallel-mlp", dependencies: ["Uniference", "Models", "LibTorch"],
      path: "Examples/TensorParallelMLP", exclude: ["golden.txt"]),
    .target(
      name: "LlamaProgramLibrary", dependencies: ["Uniference", "ProgramLibraries", "Models"],
      path: "Examples/LlamaProgram"),
    .target(
      name: "MixedRanks", dependencies: ["Uniference", "ProgramLibraries"], path: "Examples/MixedRanks",
      exclude: ["mixed_ranks.py"]),
    .target(name: "TestPrograms", dependencies: ["Uniference", "ProgramLibraries"], path: "Tests/Programs"),
    .testTarget(name: "SimulationKernelTests", dependencies: ["SimulationKernel", "Inputs"]),
    .testTarget(
      name: "NetworkTests", dependencies: ["TestSupport", "Network", "SimulationKernel", "Quantities"],
      resources: [.copy("Resources")]),
    .testTarget(name: "HostsTests", dependencies: ["Hosts"]),
    .testTarget(name: "WeightsTests", dependencies: ["TestSupport", "Weights", "Quantities", "SimulationKernel"]),
    .testTarget(name: "TokenizationTests", dependencies: ["TestSupport", "Tokenization", "SimulationKernel"]),
    .testTarget(name: "ChildProgramsTests", dependencies: ["ChildPrograms", "TestSupport"]),
    .target(name: "TestSupport", path: "Tests/Support"),
    .testTarget(name: "InputsTests", dependencies: ["Inputs", "TestSupport"]),
    .testTarget(name: "DocumentsTests", dependencies: ["Documents"]),
    .testTarget(name: "QuantitiesTests", dependencies: ["Quantities"]),
    .testTarget(name: "DevicesTests", dependencies: ["Devices", "Quantities"]),
    .testTarget(
      name: "SimulationTests",
      dependencies: [
        "TestSupport", "Simulation", "Communication", "Network", "Hosts", "Devices", "Quantities", "SimulationKernel",
      ]),
    .testTarget(name: "CommunicationTests", dependencies: ["Communication"]),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors", "Devices", "Communication", "Quantities"]),
    .testTarget(
      name: "ModelsTests", dependencies: ["TestSupport", "Models", "Tensors", "Devices", "Communication", "Quantities"]),
    .testTarget(
      name: "LibTorchTests",
      dependencies: [
        "TestSupport", "LibTorch", "Tensors", "Communication", "Quantities", "SimulationKernel", "Models", "Uniference",
      ]),
    .testTarget(name: "ResultsTests", dependencies: ["TestSupport", "Results", "Quantities", "SimulationKernel"]),
    .testTarget(name: "ReportsTests", dependencies: ["TestSupport", "Reports", "Results", "Quantities"]),
    .testTarget(
      name: "UniferenceTests",
      dependencies: [
        "TestSupport", "Documents", "Uniference", "SimulationKernel", "Network", "Hosts", "Simulation", "Devices",
        "Communication", "Models", "Quantities", "Results",
      ]),
    .testTarget(
      name: "ServingTests",
      dependencies: [
        "TestSupport", "Serving", "Predictions", "Uniference", "Devices", "Models", "Quantities", "SimulationKernel",
      ]),
    .testTarget(
      name: "PredictionsTests",
      dependencies: [
        "TestSupport", "Documents", "Predictions", "Uniference", "SimulationKernel", "Network", "Devices",
        "Communication", "Models", "Quantities", "Results",
      ]),
    .testTarget(
      name: "SweepsTests", dependencies: ["TestSupport", "Sweeps", "Documents", "SimulationKernel"]),
    .testTarget(
      name: "PlansTests",
      dependencies: ["TestSupport", "Plans", "Documents", "Predictions", "SimulationKernel", "Uniference"]),
    .testTarget(
      name: "UniferenceCommandTests",
      dependencies: [
        "TestSupport", "UniferenceCommand", "Predictions", "Uniference", "Network", "Devices", "Models", "Reports",
        "Quantities", "Validation",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .testTarget(
      name: "PyTorchBridgeTests",
      dependencies: [
        "ChildPrograms", "TestSupport", "PyTorchBridge", "Communication", "Inputs", "Results", "SimulationKernel",
        "Uniference",
      ]),
    .testTarget(
      name: "TestbedTests", dependencies: ["TestSupport", "Testbed", "Quantities", "SimulationKernel", "Uniference"]),
    .testTarget(
      name: "CalibrationTests",
      dependencies: [
        "TestSupport", "Calibration", "Uniference", "Simulation", "SimulationKernel", "Network", "Hosts", "Quantities",
        "Reports",
      ]),
    .testTarget(name: "ValidationTests", dependencies: ["TestSupport", "Validation", "Uniference"]),
    .testTarget(
      name: "LedgerTests",
      dependencies: [
        "Ledger", "Devices", "Documents", "TestSupport", "Models", "Predictions", "Quantities", "Serving",
        "SimulationKernel", "Uniference",
      ]),
    .testTarget(name: "ExamplesTests", dependencies: ["Predictions", "Uniference"]),
  ],
  swiftLanguageModes: [.v6]
)

// Tests are checks of optimised code; the optimiser has nothing to gain from the checks themselves.
for target in package.targets where target.isTest { target.swiftSettings = quickToCompile }
