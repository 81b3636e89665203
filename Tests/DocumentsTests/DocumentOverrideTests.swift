import Documents
import Testing

/// Values that are set from outside.
@Suite struct DocumentOverrideTests {
  @Test("overrides that are none")
  func overridesThatAreNone() {
    for (text, message) in [
      ("seed", "--set seed: there is no \"=\"; write path=value such as network.link.bandwidth=100 Mbps"),
      ("=4", "--set =4: the path has an empty part; write path=value such as network.link.bandwidth=100 Mbps"),
      ("a..b=4", "--set a..b=4: the path has an empty part; write path=value such as network.link.bandwidth=100 Mbps"),
    ] {
      #expect(throws: DocumentError.self) { try DocumentOverride(parsing: text) }
      do { _ = try DocumentOverride(parsing: text) } catch { #expect(error.description == message) }
    }
  }
}
