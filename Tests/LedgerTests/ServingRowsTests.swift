import Documents
import Foundation
import Predictions
import TestSupport
import Testing

@testable import Ledger

@Suite("Rows of serving measurements")
struct ServingRowsTests {
  private static let table = """
    # A remark.
    id,engine,precision,model,isl,osl,concurrency,tp,ttft_ms,tpot_ms
    A,vllm,fp8,Llama-8B,1024,128,4,2,80,7.5
    B,trtllm,fp8,Llama-8B,2048,256,8,4,120,9
    C,vllm,bfloat16,Llama-8B,512,64,2,1,60,12
    """

  /// A folder with a table and a file of cases.
  private static func folder(_ fields: String, table: String = ServingRowsTests.table) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write(table, to: "rows.csv")
    try folder.write(
      """
      source: a README
      rows:
        - file: rows.csv
          category: serving
          group: $model, $engine
          names: {Llama-8B: llama-3.1-8b, trtllm: tensorrt-llm}
      \(fields.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
          scenario:
            cluster:
              devices: [{name: d, count: 4, model: h100-sxm}]
              network: {topology: switch, link: {bandwidth: 100 GB/s}, transport: nccl}
            model: $model
            quantization: fp8
            runtime: $engine
            strategy: tensor=$tp
            serving: {scheduler: {policy: $engine, max_sequences: $concurrency}}
      """, to: "cases.yaml")
    return folder
  }

  private static func collection(_ folder: TemporaryFolder) throws(DocumentError) -> CaseCollection {
    try CaseCollection(contentsOf: [folder.path(of: "cases.yaml")])
  }

  @Test("a row's scenario has its model, engine, devices and load; its figures have categories of their own")
  func mapping() throws {
    let folder = try Self.folder("where: {precision: fp8}\nshortest: 80%\nquick_every: 2")
    defer { folder.remove() }
    let cases = try Self.collection(folder).cases
    #expect(cases.map(\.id) == ["A", "B"])
    #expect(cases.map(\.isSlow) == [false, true])
    #expect(cases.map(\.group) == ["llama-3.1-8b, vllm", "llama-3.1-8b, tensorrt-llm"])
    #expect(cases[0].categories == ["serving TPOT", "serving TTFT"])
    #expect(cases[0].measured.map(\.value) == [0.0075, 0.08])
    guard case .serving(let benchmark) = cases[1].subject else { throw LedgerError("B is no serving benchmark") }
    #expect(benchmark.scenario.strategiesToTry.map(\.description) == ["tensor=4"])
    let task = try #require(benchmark.scenario.workload as? ServingTask)
    #expect(task.model.name == "llama-3.1-8b")
    #expect(task.settings.policy == .tensorRTLLM)
    #expect(task.settings.maximumSequences == 8)
    #expect(task.load.prompt == .uniform(1638...2048))
    #expect(task.load.output == .uniform(204...256))
    #expect(task.load.arrivals == .closedLoop(concurrency: 8))
    #expect(task.load.requestCount == 2 * 8 + 24)
  }

  @Test("rows are chosen and left out by their columns, those left out with their reason")
  func conditions() throws {
    let folder = try Self.folder(
      "where: {engine: [vllm, sglang]}\nleft_out: [{where: {id: C}, what: a small one, reason: run eagerly}]")
    defer { folder.remove() }
    let collection = try Self.collection(folder)
    #expect(collection.cases.map(\.id) == ["A"])
    #expect(collection.leftOut == [LeftOutMeasurement(id: "C", what: "a small one", reason: "run eagerly")])
  }

  @Test(
    "a wrong row is named with file, line and column",
    arguments: [
      (
        "A,vllm,fp8,Llama-8B,1024,128,4,2,80,7.5", "A,vllm,fp8,Llama-8B,long,128,4,2,80,7.5",
        "rows.csv:3: isl: \"long\""
      ),
      ("A,vllm,fp8,Llama-8B,1024,128,4,2,80,7.5", "A,vllm,fp8", "rows.csv:3: the line has 3 values"),
      ("80,7.5", "-1,7.5", "rows.csv:3: ttft_ms: \"-1\""),
      ("isl,osl", "isl,out", "rows.csv:3: osl: there is no such column"),
    ])
  func errors(text: String, replacement: String, message: String) throws {
    let folder = try Self.folder(
      "where: {id: A}", table: Self.table.replacing(text, with: replacement, maxReplacements: 1))
    defer { folder.remove() }
    let error = #expect(throws: DocumentError.self) { try Self.collection(folder) }
    #expect(try #require(error).description.contains(message), "\(error.map { "\($0)" } ?? "")")
  }

  @Test("the first and the last requests of each user count once, those between for all the others")
  func weights() throws {
    #expect(ServingBenchmark.simulatedCount(concurrency: 64, requestsPerUser: 10) == 3 * 64)
    #expect(ServingBenchmark.simulatedCount(concurrency: 4, requestsPerUser: 10) == 2 * 4 + 24)
    #expect(ServingBenchmark.simulatedCount(concurrency: 1, requestsPerUser: 10) == 2 + 8)
    #expect(ServingBenchmark.simulatedCount(concurrency: 5, requestsPerUser: 2) == 10)
    let folder = try Self.folder("where: {id: A}")
    defer { folder.remove() }
    let published = try #require(try Self.collection(folder).cases.first)
    guard case .serving(var benchmark) = published.subject else { throw LedgerError("A is no serving benchmark") }
    // Of 4 users the first 4 and the last 4 of 32 requests; 24 between stand for 32.
    let rows = try (0..<32).map { id in
      try Self.row(id, first: id < 4 ? 1 : id >= 28 ? 0.5 : 0.1, each: 0.01)
    }
    let figures = benchmark.figures(of: rows)
    let first = try #require(figures[.meanTimeToFirstToken])
    let expected: Double = (4.0 * 1.0 + 4.0 * 0.5 + 32.0 * 0.1) / 40.0
    #expect(abs(first - expected) < 1e-12)
    let each = try #require(figures[.meanTimePerOutputToken])
    #expect(abs(each - 0.01) < 1e-12)
    benchmark.streamInterval = 11
    let late = benchmark.figures(of: rows)
    let lateFirst = try #require(late[.meanTimeToFirstToken])
    #expect(abs(lateFirst - first - 0.1) < 1e-12)
    let lateEach = try #require(late[.meanTimePerOutputToken])
    #expect(abs(lateEach - 0.009) < 1e-12)
  }

  /// A request of 101 tokens.
  private static func row(_ id: Int, first: Double, each: Double) throws -> ServedRequests.Row {
    let json = """
      {"id": \(id), "replica": 0, "prompt_tokens": 10, "cached_tokens": 0, "output_tokens": 101, "arrival_s": 0,
       "time_to_first_token_s": \(first), "time_per_output_token_s": \(each), "latency_s": \(first + 100 * each),
       "preemptions": 0}
      """
    return try JSONDecoder().decode(ServedRequests.Row.self, from: Data(json.utf8))
  }

  @Test("the quick rows of the shipped tables are read, and at most one row in ten is left out")
  func shipped() throws {
    let folder = ShippedCasesTests.folder.serving
    let collection = try CaseCollection(contentsOf: folder.caseFiles, isQuick: true)
    #expect((15...80).contains(collection.cases.count))
    #expect(collection.cases.allSatisfy { !$0.isSlow })
    let rows = try ["dense", "moe"].reduce(0) { count, name in
      try count + MeasuredTable(DocumentText(contentsOf: "\(folder.path)/rows/\(name).csv")).rows.count
    }
    #expect(rows > 1500)
    #expect(collection.leftOut.count * 10 <= rows)
    let floors = try AccuracyFloors(contentsOf: folder.floorsPath)
    #expect(Set(floors.quick.keys) == Set(collection.categories))
  }
}
