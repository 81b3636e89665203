import Uniference

/// The simulated time of a measured figure.
///
/// The simulator itself is the model that is fitted: closed forms would be a second description of each mechanism, and
/// would have to follow whenever one is added.
enum ForwardModel {
  /// Less cannot be measured, and a time of nothing has no logarithm.
  static let shortest = 1e-7

  /// Seconds that a figure of ranks on such a network takes.
  static func seconds(of figure: MeasuredFigure, on model: NetworkModel) throws -> Double {
    switch figure.kind {
    case .copy: return perByte(model.profile.host.copyPicosecondsPerByte, figure)
    case .reduce: return perByte(model.profile.host.reducePicosecondsPerByte, figure)
    default:
      let stopwatch = Stopwatch()
      try World.simulate(
        MeasuringProgram(figure: figure, stopwatch: stopwatch), on: model.cluster(ranks: figure.ranks.count))
      return max(stopwatch.seconds, shortest)
    }
  }

  private static func perByte(_ picoseconds: Double, _ figure: MeasuredFigure) -> Double {
    max(picoseconds * 1e-12 * Double(figure.bytes ?? 0), shortest)
  }
}
