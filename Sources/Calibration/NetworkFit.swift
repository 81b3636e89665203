import Foundation
import Quantities

/// Fits the network's parameters to measurements, with the simulator as the model.
struct NetworkFit {
  /// What was found.
  struct Result {
    let values: [FittedValue]
    let points: [FittedPoint]
    /// The fitted network of each cluster.
    let models: [NetworkModel]
    /// The residuals' robust deviation relative to what noise explains.
    let deviation: Double
  }

  /// One figure of one cluster.
  struct Datum {
    let figure: MeasuredFigure
    let cluster: Int
  }

  /// One number that is looked for: a parameter, of a cluster's link or of all.
  private struct Unknown {
    let parameter: NetworkParameter
    let cluster: Int?
    let start: Double
  }

  /// Where the search begins anew if it has failed: with durations so many times as long.
  private static let furtherPaces = [0.3, 2]
  /// The same with bursts of so many bytes, where bursts are looked for. Messages that are no longer than one hardly wait for
  /// the link, which a search that begins without a burst may take for outliers, or for other costs of each message.
  private static let furtherBursts = [8e3, 64e3]
  /// A shaper lets a frame through in any case; less than this is none.
  private static let leastBurst = 1514.0

  let data: [Datum]
  let clusterCount: Int
  private var unknowns: [Unknown]
  private var base: [NetworkModel]

  /// - Throws: a ``CalibrationFailure`` when figures are missing that nothing can be fitted without.
  init(_ measurements: [Measurements]) throws(CalibrationFailure) {
    clusterCount = measurements.count
    var data: [Datum] = []
    base = Array(repeating: NetworkModel(), count: measurements.count)
    var unknowns: [Unknown] = []
    for (cluster, measurements) in measurements.enumerated() {
      let rate = try LinkRates(measurements)
      base[cluster].bytesPerSecond = rate.bytesPerSecond
      data += Self.usable(measurements, bytesPerSecond: rate.bytesPerSecond).map { Datum(figure: $0, cluster: cluster) }
      base[cluster].isFullDuplex = rate.isFullDuplex
      base[cluster].burstBytes = Double(measurements.statedBurstBytes ?? 0)
      base[cluster].packetBytes = Double(measurements.statedPacketBytes ?? 0)
      base[cluster].profile.host.sharedCores = measurements.statedSharedCores
      base[cluster].profile.host.sleepOvershootPicoseconds = measurements.sleepOvershootPicoseconds
      if measurements.hasWeakProgress { base[cluster].profile.host.progress = .weak }
      base[cluster].profile.wire.rendezvousThresholdBytes = Rendezvous.threshold(
        measurements, bytesPerSecond: rate.bytesPerSecond)
      for parameter in NetworkParameter.all {
        guard case .link(let name) = parameter.name else { continue }
        let isRate = name == .bandwidth
        if isRate, rate.isStated { continue }
        if name == .burst, measurements.statedBurstBytes != nil { continue }
        unknowns.append(
          Unknown(
            parameter: parameter, cluster: cluster, start: isRate ? rate.bytesPerSecond : parameter.start))
      }
    }
    // Rates and the wire's factor are known as a product only: one of them has to be given.
    let isStated = measurements.allSatisfy { $0.statedRate != nil }
    var given = isStated ? [] : Self.wireFactorsAtFullRate(data)
    // What is sent in packets of a known size is known to the byte.
    if measurements.allSatisfy({ $0.statedPacketBytes != nil }) {
      // Times by the byte pass beside the wire's once that is slower.
      given = NetworkParameter.wireSizes.indices.map(TransportParameter.wireFactor) + [.sendPerByte, .receivePerByte]
    }
    // Only where cores are short can the processor time of a clear-to-send be told from the network's.
    if measurements.allSatisfy({ $0.statedSharedCores == nil }) { given.append(.perClearToSend) }
    for parameter in NetworkParameter.all {
      guard case .transport(let name) = parameter.name, !given.contains(name) else { continue }
      unknowns.append(Unknown(parameter: parameter, cluster: nil, start: parameter.start))
    }
    self.data = data
    let kinds = Set(data.map(\.figure.kind))
    self.unknowns = unknowns.filter { !$0.parameter.kinds.isDisjoint(with: kinds) }
  }

  /// The wire's factors at the largest payload whose rate was measured and beyond.
  private static func wireFactorsAtFullRate(_ data: [Datum]) -> [TransportParameter] {
    let largest = data.filter { $0.figure.kind == .stream }.compactMap(\.figure.bytes).max() ?? 0
    let reached = NetworkParameter.wireSizes.lastIndex { $0 <= largest } ?? 0
    return (reached..<NetworkParameter.wireSizes.count).map(TransportParameter.wireFactor)
  }

  /// What the network decides, without what no clock has noticed: a computation that took no time, and a stream whose
  /// messages had all come before their receiver woke up. And without what the script itself needs around a collective,
  /// which a simulation of a script measures.
  private static func usable(_ measurements: Measurements, bytesPerSecond: Double) -> [MeasuredFigure] {
    let nothing = measurements.figures.first { $0.kind == .nothing }?.median_s ?? 0
    let script = max(0, nothing - Double(measurements.sleepOvershootPicoseconds) * 1e-12)
    return measurements.figures.map { figure in
      FigureKind.staggered.contains(figure.kind) ? figure.shortened(bySeconds: script) : figure
    }.filter { figure in
      guard FigureKind.network.contains(figure.kind), figure.median_s > ForwardModel.shortest else { return false }
      // Where ranks share cores they wait for each other's computing.
      if figure.kind == .coldAllReduce { return measurements.statedSharedCores == nil }
      guard figure.kind == .stream else { return true }
      // Links that differ from the first pair's are dealt with on their own.
      return figure.ranks == [0, 1] && figure.median_s > 0.2 * Double(figure.bytes ?? 0) / bytesPerSecond
    }
  }

  /// - Parameter progress: is told the number of each step.
  func solve(progress: (Int) -> Void = { _ in }) throws -> Result {
    let result = try solveOnce(progress: progress)
    let hasBurst = result.models.contains { $0.burstBytes > Self.leastBurst }
    guard !hasBurst, unknowns.contains(where: Self.isBurst) else { return result }
    var plain = self
    plain.unknowns.removeAll(where: Self.isBurst)
    return try plain.solveOnce(progress: progress)
  }

  private static func isBurst(_ unknown: Unknown) -> Bool { unknown.parameter.name == .link(.burst) }

  private func solveOnce(progress: (Int) -> Void) throws -> Result {
    var problem = LeastSquares(
      parameters: unknowns.map(Self.parameter), residualCount: data.count,
      residuals: { values, numbers in try numbers.map { try self.residual(self.data[$0], values) } })
    problem.affects = { unknown, number in
      let unknown = self.unknowns[unknown]
      let datum = self.data[number]
      return unknown.parameter.kinds.contains(datum.figure.kind) && unknown.cluster ?? datum.cluster == datum.cluster
    }
    let bursts = unknowns.contains(where: Self.isBurst) ? Self.furtherBursts : []
    problem.furtherStarts =
      bursts.map { burst in unknowns.map { Self.isBurst($0) ? burst : $0.start } }
      + Self.furtherPaces.map { pace in
        unknowns.map { $0.parameter.unit == .duration ? pace * $0.start : $0.start }
      }
    let solution = try problem.solve(progress: progress)
    let models = (0..<clusterCount).map { model(of: $0, solution.values) }
    let points = try data.map { try Self.point($0, on: models[$0.cluster], clusters: clusterCount) }
    return Result(values: values(solution), points: points, models: models, deviation: solution.deviation)
  }

  private static func parameter(_ unknown: Unknown) -> LeastSquares.Parameter {
    let parameter = unknown.parameter
    let isRate = parameter.unit == .bandwidth
    return LeastSquares.Parameter(
      start: unknown.start, bounds: parameter.bounds, scale: isRate ? unknown.start / 100 : parameter.scale,
      prior: (mean: unknown.start, deviation: isRate ? unknown.start : parameter.deviation))
  }

  private func model(of cluster: Int, _ values: [Double]) -> NetworkModel {
    var model = base[cluster]
    for (unknown, value) in zip(unknowns, values) where unknown.cluster ?? cluster == cluster {
      unknown.parameter.set(value, &model)
    }
    return model
  }

  /// How far apart the two times are, as a share, in terms of the deviation to be expected.
  private func residual(_ datum: Datum, _ values: [Double]) throws -> Double {
    let seconds = try ForwardModel.seconds(of: datum.figure, on: model(of: datum.cluster, values))
    return log(seconds / datum.figure.median_s) / datum.figure.relativeDeviation
  }

  private static func point(_ datum: Datum, on model: NetworkModel, clusters: Int) throws -> FittedPoint {
    let figure = datum.figure
    return FittedPoint(
      name: "\(figure.kind.title), \(figure.place)" + (clusters > 1 ? ", \(datum.cluster + 1)" : ""),
      family: figure.kind.title, bytes: figure.bytes, measured_s: figure.median_s,
      spread: (figure.upper_s - figure.lower_s) / figure.median_s,
      fitted_s: try ForwardModel.seconds(of: figure, on: model))
  }

  private func values(_ solution: LeastSquares.Solution) -> [FittedValue] {
    unknowns.enumerated().map { index, unknown in
      let bounds = unknown.parameter.bounds
      let interval = solution.interval(of: index).clamped(to: bounds)
      let prior = Self.parameter(unknown).prior?.deviation ?? .infinity
      let key: ParameterKey =
        switch unknown.parameter.name {
        case .link(let name): .link(name, cluster: unknown.cluster ?? 0)
        case .transport(let name): .transport(name)
        }
      return FittedValue(
        key, value: solution.values[index], interval: interval,
        isUndetermined: solution.standardErrors[index] > 0.7 * prior, unit: unknown.parameter.unit)
    }
  }
}
