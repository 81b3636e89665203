import Foundation
import SimulationKernel
import TestSupport
import Testing

@testable import Serving

@Suite("Loads of requests")
struct LoadTests {
  private func requests(_ load: RequestLoad, seed: UInt64 = 1) throws -> [ServingRequest] {
    var source = try RequestSource(load, seed: seed)
    var requests: [ServingRequest] = []
    while let request = try source.next() { requests.append(request) }
    return requests
  }

  private func gaps(_ arrivals: ArrivalProcess, count: Int = 20_000) throws -> [Double] {
    let load = RequestLoad(arrivals: arrivals, requestCount: count, prompt: .fixed(1), output: .fixed(1))
    let times = try requests(load).map(\.arrival.seconds)
    return zip(times.dropFirst(), times).map { $0 - $1 }
  }

  @Test(
    "arrivals have the rate and the variation that they should",
    arguments: [
      (ArrivalProcess.poisson(rate: 5), 1.0), (.gamma(rate: 5, variation: 2), 2),
      (.gamma(rate: 5, variation: 0.5), 0.5), (.constant(rate: 5), 0),
    ])
  func arrivals(process: ArrivalProcess, variation: Double) throws {
    let gaps = try gaps(process)
    let count = Double(gaps.count)
    let mean = gaps.reduce(0, +) / count
    let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count

    // Four standard errors of the mean; the variation's own error is a few times that.
    #expect(abs(mean - 0.2) <= 4 * 0.2 * variation / count.squareRoot() + 1e-9)
    #expect(abs(variance.squareRoot() / mean - variation) < 0.06 * max(variation, 1e-6) + 1e-6)
    #expect(gaps.allSatisfy { $0 >= 0 })
  }

  @Test("bursts come at once and again after the interval")
  func bursts() throws {
    let load = RequestLoad(
      arrivals: .burst(size: 3, interval: .seconds(2)), requestCount: 7, prompt: .fixed(1), output: .fixed(1))

    #expect(try requests(load).map(\.arrival.seconds) == [0, 0, 0, 2, 2, 2, 4])
  }

  @Test("lengths have the median and the percentile that they should")
  func lengths() throws {
    let load = RequestLoad(
      arrivals: .constant(rate: 1), requestCount: 20_000, prompt: .lognormal(median: 900, p95: 4000),
      output: .uniform(10...20))
    let requests = try requests(load)
    let prompts = requests.map { Double($0.promptLength) }.sorted()

    #expect(abs(Distribution.quantile(0.5, of: prompts) / 900 - 1) < 0.04)
    #expect(abs(Distribution.quantile(0.95, of: prompts) / 4000 - 1) < 0.08)
    #expect(Set(requests.map(\.outputLength)) == Set(10...20))
  }

  @Test("prompts do not change with the arrivals, and everything with the seed")
  func streams() throws {
    func load(_ arrivals: ArrivalProcess) -> RequestLoad {
      RequestLoad(
        arrivals: arrivals, requestCount: 50, prompt: .uniform(1...1000), output: .lognormal(median: 50, p95: 90))
    }
    let first = try requests(load(.poisson(rate: 1)))
    let second = try requests(load(.gamma(rate: 3, variation: 4)))

    #expect(first.map(\.promptLength) == second.map(\.promptLength))
    #expect(first.map(\.outputLength) == second.map(\.outputLength))
    #expect(try requests(load(.poisson(rate: 1))) == first)
    #expect(try requests(load(.poisson(rate: 1)), seed: 2).map(\.promptLength) != first.map(\.promptLength))
  }

  // MARK: Traces

  static let azure = """
    TIMESTAMP,ContextTokens,GeneratedTokens
    2023-11-16 18:17:03.9799600,4808,10
    2023-11-16 18:17:04.0319600,110,27
    2023-11-17 00:00:00.0000000,300,8
    """
  static let burstGPT = """
    Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type
    5,ChatGPT,472,18,490,Conversation log
    45,ChatGPT,1087,0,1087,Conversation log
    118,GPT-4,417,276,693,API log
    """
  static let mooncake = """
    {"timestamp": 0, "input_length": 1100, "output_length": 52, "hash_ids": [46, 47, 48]}
    {"timestamp": 3000, "input_length": 700, "output_length": 5, "hash_ids": [46, 90]}
    """

  private func trace(_ text: String) throws -> (folder: TemporaryFolder, path: String) {
    let folder = try TemporaryFolder()
    return (folder, try folder.write(text, to: "trace"))
  }

  private func load(_ path: String, speed: Double = 1) throws -> RequestLoad {
    let file = try TraceFile(path: path)
    return RequestLoad(
      arrivals: .trace(speed: speed), requestCount: try file.check(atMost: .max), prompt: .trace, output: .trace,
      trace: file)
  }

  @Test("Azure's, BurstGPT's and Mooncake's traces are read")
  func traces() throws {
    let azure = try trace(Self.azure)
    defer { azure.folder.remove() }
    let first = try requests(load(azure.path))
    #expect(first.map(\.promptLength) == [4808, 110, 300] && first.map(\.outputLength) == [10, 27, 8])
    #expect(abs(first[1].arrival.seconds - 0.052) < 1e-6)
    #expect(abs(first[2].arrival.seconds - (24 * 3600 - 18 * 3600 - 17 * 60 - 3.97996)) < 1e-6)

    // A request without an answer is left out.
    let burst = try trace(Self.burstGPT)
    defer { burst.folder.remove() }
    let second = try requests(load(burst.path, speed: 10))
    #expect(second.map(\.promptLength) == [472, 417] && second.map(\.arrival.picoseconds) == [0, 11_300_000_000_000])

    let mooncake = try trace(Self.mooncake)
    defer { mooncake.folder.remove() }
    let third = try requests(load(mooncake.path))
    #expect(third.map(\.arrival.seconds) == [0, 3] && third.map(\.outputLength) == [52, 5])
    #expect(third[1].prefix == PromptPrefix(pieceLength: 512, pieces: [46, 90]))
  }

  @Test(
    "a line that is not one is named with file, line and field",
    arguments: [
      (azure.replacing("110,27", with: "110,many"), ":3: GeneratedTokens: \"many\" is not a whole number"),
      (azure.replacing("4808,10", with: "0,10"), ":2: ContextTokens: 0 is not allowed"),
      (azure.replacing("2023-11-16 18:17:04", with: "yesterday"), ":3: TIMESTAMP: \"yesterday"),
      (azure.replacing("110,27", with: "110"), ":3: GeneratedTokens: the line has 2 fields"),
      (azure.replacing("2023-11-17 00", with: "2023-11-15 00"), ":4: TIMESTAMP: is earlier"),
      (burstGPT.replacing("Response tokens", with: "Answer"), ":1: Response tokens: the header has no such column"),
      (mooncake.replacing("\"input_length\": 700, ", with: ""), ":2: input_length: is missing"),
      (mooncake.replacing("700", with: "\"700\""), ":2: input_length: is not a number"),
      (mooncake.replacing("[46, 90]}", with: "[46, 90]"), ":2: the line is not a JSON object"),
      ("a,b,c\n1,2,3", ":1: the format is not known"), ("", ":1: the format is not known"),
      ("TIMESTAMP,ContextTokens,GeneratedTokens\n", "trace: there is no request in it"),
    ])
  func badLines(text: String, message: String) throws {
    let (folder, path) = try trace(text)
    defer { folder.remove() }
    let error = #expect(throws: TraceError.self) { _ = try load(path) }
    let line = try #require(error?.description)
    #expect(line.contains("trace\(message)") || line.contains(message), "\(line)")
    #expect(!line.contains("\n"))
  }

  @Test("a trace that is not there, or a folder, is an error")
  func missingTrace() throws {
    #expect(throws: TraceError.self) { _ = try TraceFile(path: "/nowhere/trace.csv") }
    #expect(throws: TraceError.self) { _ = try TraceFile(path: "/tmp") }
  }
}
