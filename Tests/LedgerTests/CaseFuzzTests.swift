import Documents
import Foundation
import TestSupport
import Testing

@testable import Ledger

@Suite("Files of cases of any content")
struct CaseFuzzTests {
  private static let file = """
    {"source": "a README",
     "cases": [
       {"id": "A-1", "category": "decode", "conversion": "8 tokens", "caveat": "assumed", "residual": "none", "slow": false,
        "scenario": {"cluster": {"devices": [{"name": "d", "model": "rtx-4090"}]}, "model": "smollm2-135m",
          "strategy": "single", "workload": {"prompt": 8, "generate": 4}},
        "measured": {"total_s": "8 ms", "tokens_per_second": {"value": 500, "spread": "2%"}}},
       {"id": "A-2", "category": "collective", "source": "nccl-tests",
        "collective": {"operation": "all_to_all", "size": "1 MiB", "dtype": "float16", "ranks": 2,
          "cluster": {"devices": [{"name": "d", "count": 4, "model": "h100-sxm"}],
            "network": {"topology": "switch", "link": {"bandwidth": "50 GB/s"}}}},
        "measured": {"time_s": 0.00002}}],
     "left_out": [{"id": "A-3", "what": "a step", "reason": "lengths not told"}]}
    """

  @Test("are read, or refused in one line with file, line and field")
  func mutations() throws {
    let tree = try DocumentTree(json: Self.file)
    for seed in Mutations.rounds(400) {
      var mutator = DocumentMutator(seed: seed)
      let text = mutator.mutated(tree).json
      do throws(DocumentError) {
        let collection = try CaseCollection(yaml: text, file: "c.yaml")
        for published in collection.cases { #expect(!published.measured.isEmpty, "seed \(seed): \(text)") }
      } catch {
        let line = error.description
        #expect(line.hasPrefix("c.yaml:") && !line.contains("\n"), "seed \(seed): \(line)")
      }
    }
  }
}
