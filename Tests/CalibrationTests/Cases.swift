import Foundation
import Hosts
import Network
import SimulationKernel

@testable import Calibration

/// A known network, and what would be measured on it.
enum Cases {
  /// Figures unlike those that a fit begins with.
  static var known: NetworkModel {
    var model = NetworkModel()
    model.latency = 24e-6
    model.profile.host.send = MessageCost(picosecondsPerMessage: 37_000_000, picosecondsPerByte: 50)
    model.profile.host.receive = MessageCost(picosecondsPerMessage: 23_000_000, picosecondsPerByte: 80)
    model.profile.host.picosecondsPerCollective = 45_000_000
    model.profile.host.reducePicosecondsPerByte = 120
    model.profile.host.copyPicosecondsPerByte = 90
    model.wireFactors = [1.08, 1.06, 1.05, 1.05]
    return model
  }

  static func figure(
    _ kind: FigureKind, _ bytes: Int?, ranks: [Int] = [0, 1], median: Double = 1, spread: Double = 0, count: Int? = nil
  ) -> MeasuredFigure {
    MeasuredFigure(
      kind: kind, ranks: ranks, bytes: bytes, count: count, median_s: median, lower_s: median * (1 - spread / 2),
      upper_s: median * (1 + spread / 2), samples: 25)
  }

  /// What the scripts measure on two ranks, at fewer sizes.
  static var plan: [MeasuredFigure] {
    let sizes = [64, 4096, 12_000, 48_000, 200_000, 600_000, 24_000_000]
    let streams = sizes.map { figure(.stream, $0, count: max(8, min(24, 1_000_000 / $0))) }
    let collectives = [3000, 160_000, 3_000_000].flatMap { size in
      [FigureKind.allReduce, .allGather, .broadcast].map { figure($0, size) }
    }
    return [FigureKind.pingPong, .preparedPingPong, .lateReceiver].flatMap { kind in sizes.map { figure(kind, $0) } }
      + streams + [figure(.bothWays, 48_000), figure(.bothWays, 3_000_000)]
      + collectives + [figure(.copy, 16_000_000, ranks: [0]), figure(.reduce, 16_000_000, ranks: [0])]
  }

  private static func json(_ number: Int?) -> String { number.map(String.init) ?? "null" }

  /// The plan as it would be measured, with relative noise and, if there is any, some figures far too long.
  static func measured(on model: NetworkModel, noise: Double = 0, seed: UInt64 = 0) throws -> [MeasuredFigure] {
    var random = RandomStream(seed: seed, stream: 2)
    return try plan.enumerated().map { index, figure in
      let outlier = noise > 0 && index % 11 == 5 ? 1 + random.nextUnit() : 1
      let median = try ForwardModel.seconds(of: figure, on: model) * outlier * exp(noise * random.nextNormal())
      return Self.figure(
        figure.kind, figure.bytes, ranks: figure.ranks, median: median, spread: 3 * noise, count: figure.count)
    }
  }

  static func measurements(
    _ figures: [MeasuredFigure], rate: String? = "1 Gbps", hosts: Int = 2, burst: Int? = nil, packet: Int? = nil,
    sharedCores: Int? = nil
  ) throws -> Measurements {
    let host = MeasuredHost(
      name: "desk", processor: "A processor", device: "cpu", cores: 4, machine_cores: 8, threads: 1,
      memory_bytes: 16_000_000_000,
      available_bytes: 12_000_000_000, kernel: "Linux 6.1", torch: "2.13.0")
    let encoder = JSONEncoder()
    let parts = [
      #""format": "uniference measurements", "version": 1, "began": "2026-01-02T03:04:05Z", "took_s": 12.5"#,
      #""stated_rate": \#(rate.map { "\"\($0)\"" } ?? "null"), "failure": null, "notes": []"#,
      #""hosts": \#(String(decoding: try encoder.encode(Array(repeating: host, count: hosts)), as: UTF8.self))"#,
      #""stated_burst_bytes": \#(json(burst)), "stated_packet_bytes": \#(json(packet))"#,
      #""stated_shared_cores": \#(json(sharedCores))"#,
      #""figures": \#(String(decoding: try encoder.encode(figures), as: UTF8.self))"#,
    ]
    return try Measurements(json: Data("{\(parts.joined(separator: ", "))}".utf8), path: "desk.json")
  }
}
