import Foundation
import Uniference

/// Finds a device's figures: rates of computing and of memory, and the time to start an operation.
///
/// The model is the simulator's roofline: max(FLOPs / rate, bytes / bandwidth) + launch overhead. The rates are those that
/// operations reach, so the file's efficiencies are 1.
struct DeviceFit {
  private let kernels: [MeasuredFigure]
  private let dtypes: [String]

  /// The types whose rates are fitted.
  private static let peaks: KeyValuePairs<String, DeviceParameter> = [
    "float32": .peakFloat32, "bfloat16": .peakBFloat16,
  ]

  /// - Parameter rank: whose device; `nil` from ``solve(entry:)`` when its kernels have not been measured.
  init(_ measurements: Measurements, rank: Int) {
    let kernels = measurements.figures.filter {
      $0.kind == .kernel && $0.ranks == [rank] && $0.median_s > 0 && Self.peaks.map(\.key).contains($0.dtype)
    }
    self.kernels = kernels
    dtypes = Self.peaks.map(\.key).filter { dtype in kernels.contains { $0.dtype == dtype } }
  }

  /// - Parameter entry: where the device stands in the cluster file's list.
  func solve(entry: Int) throws -> (values: [FittedValue], points: [FittedPoint])? {
    guard kernels.count > dtypes.count + 2 else { return nil }
    let rates = dtypes.map { dtype in best { $0.dtype == dtype ? $0.flops : nil } } + [best { $0.moved_bytes }]
    let parameters = rates.map(Self.parameter) + [launch]
    let solution = try LeastSquares(parameters: parameters, residualCount: kernels.count) { values, numbers in
      numbers.map { number in
        let kernel = kernels[number]
        return log(seconds(kernel, values) / kernel.median_s) / max(kernel.relativeDeviation, Self.modelDeviation)
      }
    }.solve()
    let names = Self.peaks.filter { dtypes.contains($0.key) }.map(\.value) + [.memoryBandwidth, .launchOverhead]
    let units = dtypes.map { _ in FigureUnit.computeRate } + [.memoryRate, .duration]
    let values = names.indices.map { index in
      FittedValue(
        .device(entry: entry, names[index]), value: solution.values[index],
        interval: solution.interval(of: index).clamped(to: parameters[index].bounds), unit: units[index])
    }
    return (values, kernels.map { point($0, solution.values) })
  }

  /// A roofline is that far from kernels that are no idealisation.
  private static let modelDeviation = 0.1

  private var launch: LeastSquares.Parameter {
    let shortest = kernels.map(\.median_s).min() ?? 1e-6
    return LeastSquares.Parameter(start: shortest, bounds: 1e-10...1, scale: shortest / 10)
  }

  private static func parameter(ofRate start: Double) -> LeastSquares.Parameter {
    LeastSquares.Parameter(start: start, bounds: start / 1e4...start * 1e4, scale: start / 10)
  }

  private func best(_ amount: (MeasuredFigure) -> Double?) -> Double {
    kernels.map { (amount($0) ?? 0) / $0.median_s }.max() ?? 1e9
  }

  private func seconds(_ kernel: MeasuredFigure, _ values: [Double]) -> Double {
    let rate = values[dtypes.firstIndex(of: kernel.dtype ?? "") ?? 0]
    let bandwidth = values[dtypes.count]
    return max((kernel.flops ?? 0) / rate, (kernel.moved_bytes ?? 0) / bandwidth) + values[dtypes.count + 1]
  }

  private func point(_ kernel: MeasuredFigure, _ values: [Double]) -> FittedPoint {
    let shape = (kernel.shape ?? []).map(String.init).joined(separator: "x")
    return FittedPoint(
      name: "\(kernel.operation ?? "kernel") \(shape), \(kernel.dtype ?? "")", family: "kernel", bytes: nil,
      measured_s: kernel.median_s, spread: (kernel.upper_s - kernel.lower_s) / kernel.median_s,
      fitted_s: seconds(kernel, values))
  }
}
