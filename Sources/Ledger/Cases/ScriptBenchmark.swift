import ChildPrograms
import Documents
import Foundation
import Predictions
import Uniference

/// A PyTorch script that measures itself, run as `uniference run --gpu --fake` runs it: its values stay unknown, and the
/// last JSON object that it prints on a line of its own has the figures of the run.
public struct ScriptBenchmark: Sendable {
  /// The script's file.
  public var script: String
  /// The script's own arguments.
  public var arguments: [String]
  /// Where it runs.
  public var cluster: Cluster
  /// The cluster's file.
  public var clusterPath: String
  /// How many of the cluster's devices take part, from the first one on.
  public var rankCount: Int

  /// What a script may print, by the key of its JSON object.
  public static let metrics: [Metric] = [.stepTime, .tokensPerSecondPerDevice]

  /// Runs the script.
  ///
  /// - Parameter executable: the path of `uniference`.
  /// - Returns: what the script has printed of its metrics.
  /// - Throws: ``LedgerError`` for a script that fails or that prints no figures.
  func figures(executable: String) throws(LedgerError) -> [Metric: Double] {
    let words =
      [
        executable, "run", "-n", "\(rankCount)", "--cluster", clusterPath, "--gpu", "--fake", "--no-record", script,
      ] + arguments
    let output: String
    do throws(ChildFailure) {
      output = try ChildProgram(words).output()
    } catch {
      throw LedgerError("\(script): \(error.complaint)")
    }
    guard let printed = Self.printed(in: output) else {
      throw LedgerError("\(script): no line that it prints is a JSON object with its figures")
    }
    let figures = Self.metrics.compactMap { metric in printed[metric.name].map { (metric, $0) } }
    return Dictionary(figures, uniquingKeysWith: { first, _ in first })
  }
}

extension ScriptBenchmark {
  /// The last line that is a JSON object of numbers. Lines of runs with several ranks begin with the rank's: `[0] `.
  static func printed(in output: String) -> [String: Double]? {
    output.split(whereSeparator: \.isNewline).reversed().lazy.compactMap { line in
      let text = line.hasPrefix("[") ? line.drop { $0 != "]" }.dropFirst() : line
      return try? JSONDecoder().decode([String: Double].self, from: Data(text.utf8))
    }.first
  }
}

/// The metrics of scripts.
extension Metric {
  /// One step of training.
  public static let stepTime = Metric("step_s", heading: "step", unit: .seconds, .lowerIsBetter)
  /// Tokens that one device trains on in a second.
  public static let tokensPerSecondPerDevice = Metric(
    "tokens_per_second_per_device", heading: "tokens/s of each device", unit: .perSecond, .higherIsBetter)
}

extension ScriptBenchmark {
  private static let fieldNames = ["file", "arguments", "cluster", "ranks"]

  /// Reads the field `script`.
  init(_ value: DocumentValue) throws(DocumentError) {
    let fields = try DocumentFields(value, of: "a script's fields", allowed: Self.fieldNames)
    let file = try fields.required("file", example: "train.py")
    let path = try file.referencedPath("the path of a Python file")
    guard FileManager.default.isReadableFile(atPath: path) else {
      throw file.error("\(path) cannot be read; give the path of a Python file")
    }
    let clusterField = try fields.required("cluster", example: "eight-h100.yaml")
    var texts: [DocumentText] = []
    cluster = try Cluster(document: clusterField.referencedFile(), overrides: [], texts: &texts)
    clusterPath = try clusterField.referencedPath()
    script = path
    arguments = try (fields["arguments"]?.list(of: "the script's arguments") ?? []).map {
      (word) throws(DocumentError) in try word.text("an argument")
    }
    rankCount = try fields["ranks"]?.integer(in: 1...cluster.devices.count) ?? cluster.devices.count
  }
}
