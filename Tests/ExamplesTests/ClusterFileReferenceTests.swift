import Predictions
import Testing
import Uniference

/// What Documentation/cluster-files.md shows can be read.
@Suite struct ClusterFileReferenceTests {
  private let blocks: [String]

  init() throws { blocks = try MarkdownFile("Documentation/cluster-files.md").blocks(of: "yaml") }

  /// Blocks that leave out the devices belong to those of the first one.
  @Test("clusters can be read")
  func clustersCanBeRead() throws {
    let devices = try #require(blocks.first)
    #expect(devices.hasPrefix("devices:"))

    for block in blocks where !block.contains("cluster:") {
      var text = block
      if !text.contains("devices:") { text += devices }
      if !text.contains("network:") { text += "network: {link: {bandwidth: 1 Gbps}}\n" }

      #expect(throws: Never.self, "\(block)") { try Cluster(yaml: text).makeTopology() }
    }
  }

  @Test("scenarios can be read")
  func scenariosCanBeRead() throws {
    let scenarios = blocks.filter { $0.contains("cluster:") }
    let folder = BuiltProgram.packageFolder.appending(path: "Examples").path

    #expect(!scenarios.isEmpty)
    for block in scenarios {
      #expect(throws: Never.self, "\(block)") { try Scenario(yaml: block, file: "\(folder)/scenario.yaml") }
    }
  }
}
