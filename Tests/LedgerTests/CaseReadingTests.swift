import Testing

@testable import Ledger

@Suite("Cases of a ledger")
struct CaseReadingTests {
  @Test("a case has its figures, source and place")
  func reading() throws {
    let collection = try CaseCollection(
      yaml: """
        source: a README
        cases:
          - id: A-1
            category: single-device decode
            scenario: {cluster: {devices: [{name: d, model: h100-sxm}]}, model: llama-3.1-8b, strategy: single}
            measured: {total_s: {value: 900 ms, spread: 3%}, output_tokens_per_second: 150}
            slow: true
        """)
    let published = try #require(collection.cases.first)
    #expect(published.measured.map(\.value) == [0.9, 150])
    #expect(published.measured.map(\.spread) == [0.03, nil])
    #expect(published.source == "a README")
    #expect(published.isSlow)
  }
}
