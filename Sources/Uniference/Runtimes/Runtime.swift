import Devices
import Inputs

/// How an engine or a framework executes a model on its device: what its host does, what it fuses, what its kernels reach.
///
/// Runtimes are documents (`Documentation/runtimes.md`); some come with the program (``shipped``).
public struct Runtime: Hashable, Sendable {
  /// How an engine adds up the parts of tensor-parallel layers.
  public enum AllReduce: String, CaseIterable, Hashable, Sendable {
    /// By the communication library of the cluster's transport.
    case library
    /// By kernels of its own that read the other devices' memory, for small messages within a machine.
    case custom
  }

  /// Its name in scenarios: `vllm`.
  public let name: String
  /// What it is, in a sentence.
  public let summary: String
  /// The processors that it runs on.
  public let processors: [ProcessorKind]
  /// The figures of all devices.
  public let figures: RuntimeFigures
  /// Figures of some devices, by kind of processor, by family (`rtx-*`) or by id, which go before those of all.
  public let figuresByDevice: [String: RuntimeFigures]

  /// The kinds of processors that it runs on, as documents name them.
  public var processorNames: [String] { processors.map(\.documentName) }

  /// The figures for a device.
  public func figures(for device: DeviceSpecification) -> RuntimeFigures {
    let families = figuresByDevice.keys.filter { Self.isFamily($0, of: device.id) }.sorted { $0.count < $1.count }
    return ([device.processor.documentName] + families + [device.id]).reduce(figures) { result, key in
      figuresByDevice[key].map(result.overridden) ?? result
    }
  }

  /// Whether a name is a family's, such as `rtx-*`, and the device one of it.
  static func isFamily(_ name: String, of id: String) -> Bool { name.hasSuffix("*") && id.hasPrefix(name.dropLast()) }

  /// - Throws: when it does not run on such a device.
  func check(_ device: DeviceSpecification) throws(RuntimeError) {
    guard !processors.contains(device.processor) else { return }
    let others = Self.shipped.filter { $0.processors.contains(device.processor) }.map(\.name)
    let kinds = processors.map(\.withArticle).joined(separator: " or ")
    throw RuntimeError(
      "\(name) runs on \(kinds), and \(device.id) computes on \(device.processor.withArticle); "
        + "allowed there: \(others.joined(separator: ", "))")
  }
}

/// A runtime that a device cannot have.
public struct RuntimeError: Error, Hashable, Sendable, CustomStringConvertible, UserFacingError {
  /// One line.
  public let description: String

  init(_ description: String) { self.description = description }
}

extension ProcessorKind {
  /// Its name in documents: `embedded-cpu`.
  var documentName: String { rawValue.lowercased().replacing(" ", with: "-") }
}
