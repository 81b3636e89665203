import CLibTorch
import ChildPrograms
import Foundation
import Inputs

/// libtorch, opened: the functions that tensors are made and computed by.
///
/// A program is built without libtorch; the library that speaks to it (`Scripts/build-torch.sh` builds it) is looked for in
/// the Python environment in use, whose PyTorch it belongs to.
public final class TorchLibrary: Sendable {
  /// Sendable without checks because it is a constant table of functions.
  nonisolated(unsafe) let functions: UniferenceTorch

  /// The version of PyTorch that is loaded.
  public let version: String

  /// - Parameter path: the file; that of the environment unless given, see ``locate(environment:)``.
  /// - Throws: what is missing, and how to get it.
  public init(path: String? = nil) throws(TorchError) {
    let path = if let path { path } else { try Self.locate() }
    var message = [CChar](repeating: 0, count: 1024)
    guard let opened = uniference_torch_open(path, &message, message.count) else {
      let reason = String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      throw TorchError("libtorch cannot be loaded: \(reason)")
    }
    functions = opened.pointee
    version = functions.runtimeVersion().map { String(cString: $0) } ?? "unknown"
    let built = functions.builtAgainst.map { String(cString: $0) } ?? "unknown"
    guard built == version else {
      throw TorchError(
        "\(path) was built against PyTorch \(built), but PyTorch \(version) is loaded; build it again by: "
          + Self.buildCommand(for: (try? PythonInterpreter())?.path))
    }
  }

  /// The library's file: `UNIFERENCE_TORCH` where that is set, else the one in the Python environment in use.
  ///
  /// - Throws: where it was looked for, when it is not there.
  static func locate(environment: [String: String] = ProcessInfo.processInfo.environment) throws(TorchError) -> String {
    let files = FileManager.default
    if let path = environment["UNIFERENCE_TORCH"] {
      guard files.fileExists(atPath: path) else {
        throw TorchError(
          "UNIFERENCE_TORCH names '\(path)', which is not there; give the path of \(fileName), which is built by: "
            + buildCommand(for: nil))
      }
      return path
    }
    let interpreter: PythonInterpreter
    do {
      interpreter = try PythonInterpreter(environment: environment)
    } catch {
      throw TorchError("values need libtorch: \(error)")
    }
    let path = "\(interpreter.prefix)/lib/uniference/\(fileName)"
    guard files.fileExists(atPath: path) else {
      throw TorchError(
        "values need libtorch: \(path) is not there; build it by: \(buildCommand(for: interpreter.path)), "
          + "or set UNIFERENCE_TORCH to the path of \(fileName)")
    }
    return path
  }

  /// The command that builds the library for a Python, which has PyTorch.
  private static func buildCommand(for python: String?) -> String {
    let script = ShippedFiles.path(of: "Scripts/build-torch.sh") ?? "Scripts/build-torch.sh"
    return "\(script) \(python ?? "PYTHON")"
  }

  private static var fileName: String {
    #if canImport(Darwin)
      "libUniferenceTorch.dylib"
    #else
      "libUniferenceTorch.so"
    #endif
  }

  /// Sets how many threads one operation on the CPU may use, in the whole process.
  public func setThreadCount(_ count: Int) throws(TorchError) {
    try check(functions.tensors.setThreadCount(Int32(count)))
  }

  /// Throws unless libtorch can compute on the device of this name.
  public func checkDevice(_ name: String) throws(TorchError) {
    do {
      try check(functions.tensors.checkDevice(name))
    } catch {
      throw TorchError("libtorch cannot compute on the device '\(name)': \(error)")
    }
  }

  /// Tensors of libtorch that are alive in the process.
  package var liveTensorCount: Int { Int(functions.tensors.liveTensorCount()) }

  /// Throws what a function of the library has returned, if it failed.
  func check(_ failure: UniferenceFailure?) throws(TorchError) {
    guard let failure else { return }
    let message = String(cString: failure)
    functions.tensors.freeMessage(failure)
    throw TorchError(message)
  }

  /// What a function of the library gives through its last parameter.
  func tensor(_ make: (UnsafeMutablePointer<OpaquePointer?>) -> UniferenceFailure?) throws(TorchError) -> TorchTensor {
    var result: OpaquePointer?
    try check(make(&result))
    guard let result else { throw TorchError("libtorch gave no tensor") }
    return TorchTensor(result, library: self)
  }
}

/// A reference to a tensor of libtorch.
///
/// Sendable without checks because the pointer never changes, libtorch counts references atomically, and a tensor's
/// elements are used by one rank at a time: messages are copies.
final class TorchTensor: @unchecked Sendable {
  let pointer: OpaquePointer
  private let library: TorchLibrary

  init(_ pointer: OpaquePointer, library: TorchLibrary) {
    self.pointer = pointer
    self.library = library
  }

  deinit { library.functions.tensors.release(pointer) }
}
