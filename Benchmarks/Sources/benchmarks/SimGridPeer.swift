import Foundation

/// SimGrid (simgrid.org), measured in the same run: the same pattern over its own fat tree, by its flow-level network model.
///
/// Its driver is compiled when it is asked for; that needs a C++ compiler and SimGrid (Debian: libsimgrid-dev).
struct SimGridPeer {
  /// The driver, in C++.
  let source: String

  private struct Result: Decodable {
    let messages: Int
    let wall_s: Double
    let simgrid: String
  }

  func canMeasure(_ summary: Summary) -> Bool { summary.name == "fat-tree-1024" }

  /// - Returns: the median of as many runs as the benchmark had.
  func measure(beside summary: Summary) throws -> Report.Peer {
    let program = FileManager.default.temporaryDirectory.appending(path: "simgrid-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: program) }
    _ = try outputOf("/usr/bin/env", ["c++", "-std=c++17", "-O2", source, "-lsimgrid", "-o", program])
    let results = try summary.repetitions.map { _ in
      try JSONDecoder().decode(Result.self, from: try outputOf(program, ["--log=root.thres:error"]))
    }
    let rates = results.map { Double($0.messages) / $0.wall_s }.sorted()
    return Report.Peer(beside: summary, peer: "SimGrid \(results[0].simgrid)", rate: rates[rates.count / 2])
  }
}
