import Documents
import Foundation
import Testing

@testable import Sweeps

/// Reads a sweep from text.
func sweep(_ yaml: String) throws -> Sweep {
  let path = FileManager.default.temporaryDirectory.appending(path: "sweep-\(UUID().uuidString).yaml").path
  defer { try? FileManager.default.removeItem(atPath: path) }
  try Data(yaml.utf8).write(to: URL(fileURLWithPath: path))
  return try Sweep(contentsOf: path)
}

@Suite struct SamplingTests {
  @Test("a grid has each value with each, the last field quickest")
  func aGridHasEachValueWithEach() throws {
    let sweep = try sweep("{scenario: s.yaml, vary: {a: [1, 2], b.c: [x, y, z]}}")
    let combinations = sweep.sampling.combinations(of: sweep.fields, seed: 0)
    #expect(combinations == [["1", "x"], ["1", "y"], ["1", "z"], ["2", "x"], ["2", "y"], ["2", "z"]])
  }

  @Test(
    "ranges go from end to end, in their unit",
    arguments: [
      ("{from: 1, to: 4, count: 4}", ["1", "2", "3", "4"]),
      ("{from: 1 Gbps, to: 2 Gbps, count: 3}", ["1 Gbps", "1.5 Gbps", "2 Gbps"]),
      ("{from: 100Mbps, to: 10000Mbps, count: 3, scale: log}", ["100 Mbps", "1000 Mbps", "10000 Mbps"]),
      ("{from: 0.1, to: 0.3, count: 3}", ["0.1", "0.2", "0.3"]),
      ("{from: 1, to: 3, count: 9}", ["1", "2", "3"]),
      ("{from: 32, to: 512, count: 3, scale: log}", ["32", "128", "512"]),
    ])
  func rangesGoFromEndToEnd(text: String, values: [String]) throws {
    #expect(try sweep("{scenario: s.yaml, vary: {a: \(text)}}").fields[0].values == values)
  }

  @Test("values may be lists and mappings")
  func valuesMayBeListsAndMappings() throws {
    let fields = try sweep("{scenario: s.yaml, vary: {w: [{p: 32, t: 'a: b'}, [x, 1 Gbps]]}}").fields
    #expect(fields[0].values == [#"{p: 32, t: "a: b"}"#, "[x, 1 Gbps]"])
  }

  @Test("in a Latin hypercube each field has one value in each part", arguments: 0..<200 as Range<UInt64>)
  func inALatinHypercubeEachFieldHasOneValueInEachPart(seed: UInt64) throws {
    let count = Int(seed) % 17 + 1
    let sweep = try sweep(
      """
      {scenario: s.yaml, sample: {latin-hypercube: \(count)},
       vary: {a: {from: 0.0, to: 1.0}, b: {from: 1.0 s, to: 2.0 s}, c: [only]}}
      """)
    let combinations = sweep.sampling.combinations(of: sweep.fields, seed: seed)
    for (column, offset) in [(0, 0.0), (1, 1.0)] {
      let parts = combinations.map { values in
        Int(((Double(values[column].replacing(" s", with: "")) ?? -1) - offset) * Double(count))
      }
      #expect(parts.sorted() == Array(0..<count), "seed \(seed)")
    }
    #expect(combinations == sweep.sampling.combinations(of: sweep.fields, seed: seed))
  }

  @Test("samples take list values alike")
  func samplesTakeListValuesAlike() throws {
    let sweep = try sweep("{scenario: s.yaml, sample: {latin-hypercube: 30}, vary: {a: [x, y, z]}}")
    let values = sweep.sampling.combinations(of: sweep.fields, seed: 3).map { $0[0] }
    #expect(Dictionary(grouping: values) { $0 }.mapValues(\.count) == ["x": 10, "y": 10, "z": 10])
  }

  @Test(
    "what is no sweep is told in a line",
    arguments: [
      ("vary: {a: [1]}", "scenario: is missing"),
      ("{scenario: s.yaml}", "vary: is missing"),
      ("{scenario: s.yaml, vary: {}}", "vary: nothing varies"),
      ("{scenario: s.yaml, vary: {a: []}}", "vary.a: the list is empty"),
      ("{scenario: s.yaml, vary: {a: [1, 2, 1]}}", "vary.a: a value stands twice"),
      ("{scenario: s.yaml, vary: {a: 3}}", "vary.a: expected a list such as [1, 2, 4]"),
      ("{scenario: s.yaml, vary: {seed: [1, 2]}}", "vary.seed: a seed is no field to vary"),
      ("{scenario: s.yaml, vary: {a: {from: 2, to: 1}}}", "vary.a: the range is empty"),
      ("{scenario: s.yaml, vary: {a: {from: 1, to: inf}}}", "vary.a.to: expected a number"),
      ("{scenario: s.yaml, vary: {a: {from: 1, to: 1e300}}}", "vary.a.to: expected a number"),
      ("{scenario: s.yaml, vary: {a: {from: 1 Mbps, to: 1 Gbps}}}", "vary.a: from and to have different units"),
      ("{scenario: s.yaml, vary: {a: {from: 0, to: 1, scale: log}}}", "vary.a: a logarithmic range"),
      ("{scenario: s.yaml, vary: {a: [1]}, sample: {sobol: 3}}", "sample: there is no sample \"sobol\""),
      ("{scenario: s.yaml, vary: {a: [1]}, sample: {random: 0}}", "sample.random: \"0\" is not allowed"),
      (
        "{scenario: s.yaml, vary: {a: {from: 1, to: 5000000, count: 1000000}, b: {from: 1, to: 99, count: 99}}}",
        "points"
      ),
      ("{scenario: s.yaml, varry: {a: [1]}}", "varry"),
    ])
  func whatIsNoSweepIsToldInALine(yaml: String, message: String) {
    let error = #expect(throws: DocumentError.self) { try sweep(yaml) }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    #expect(error?.description.contains("\n") == false)
  }
}
