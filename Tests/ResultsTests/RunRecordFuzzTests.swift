import Foundation
import TestSupport
import Testing

@testable import Results

@Suite("Run records of any content")
struct RunRecordFuzzTests {
  /// Writes a record, then changes its manifest or its events; where only the digest gives the change away, the digest is
  /// put right, too.
  @Test("are read and added up, or refused in one line")
  func anything() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.run"
    let writer = try RunRecordWriter(
      path: path, inputs: RunInputs(program: "fuzz", seed: 0),
      versions: RunVersions(uniference: "0", swift: "6"), devices: ["a", "b"])
    let names = try ["matmul", "world", "first token"].map { try writer.events.names.index(of: $0) }
    for index in 0..<6 {
      writer.events.append(
        EventRecord(
          time: Int64(index) * 1000, duration: 500, bytes: 8, kind: EventKind.allCases[index], name: names[index % 3],
          rank: UInt32(index % 2), peer: UInt32((index + 1) % 2), tag: index == 3 ? Int32(names[1]) : 0))
    }
    try writer.finish(status: .complete, results: ["total_s": 1.0])
    let manifest = try DocumentTree(json: String(contentsOfFile: path + "/run.json", encoding: .utf8))
    let events = Array(try Data(contentsOf: URL(fileURLWithPath: path + "/events.bin")))
    for seed in Mutations.rounds(800) {
      if seed % 2 == 0 {
        var mutator = DocumentMutator(seed: seed)
        try write(mutator.mutated(manifest).json, events, to: path)
      } else {
        var mutator = ByteMutator(seed: seed)
        let changed = mutator.mutated(events)
        try write(manifest.json.replacing(digest(events), with: digest(changed)), changed, to: path)
      }
      do {
        let record = try RunRecord.read(from: path)
        _ = try RunSummary(record)
      } catch {
        let text = "\(error)"
        #expect(error is RunRecordError || error is FileError, "seed \(seed): \(text)")
        #expect(!text.contains("\n") && text.count < 1000, "seed \(seed): \(text)")
      }
    }
  }

  private func digest(_ bytes: [UInt8]) -> String {
    var hash = SHA256()
    bytes.withUnsafeBytes { hash.update($0) }
    return hash.hexadecimalDigest()
  }

  private func write(_ manifest: String, _ events: [UInt8], to path: String) throws {
    try Data(manifest.utf8).write(to: URL(fileURLWithPath: path + "/run.json"))
    try Data(events).write(to: URL(fileURLWithPath: path + "/events.bin"))
  }
}
