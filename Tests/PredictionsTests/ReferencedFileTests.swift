import Foundation
import Network
import Simulation
import TestSupport
import Testing
import Uniference

@testable import Predictions

/// Files that name other files, relative to their own folder.
@Suite struct ReferencedFileTests {
  private static func withFolder(_ files: [String: String], _ body: (String) throws -> Void) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    for (name, text) in files { try folder.write(text, to: name) }
    try body(folder.path)
  }

  private static let files = [
    "scenario.yaml": "cluster: clusters/pair.yaml\nmodel: smollm2-135m\n",
    "clusters/pair.yaml": """
    devices: [{name: pi, count: 2, model: raspberry-pi-5}]
    network: {link: {bandwidth: 1 Gbps}, transport: profiles/own.yaml}
    """,
    "clusters/profiles/own.yaml": "base: gloo-tcp\nsend: {per_message: 10 us}\n",
  ]

  @Test("each file is found from the one that names it")
  func eachFileIsFoundFromTheOneThatNamesIt() throws {
    try Self.withFolder(Self.files) { (folder: String) throws in
      let scenario = try Scenario(contentsOf: "\(folder)/scenario.yaml")
      #expect(scenario.cluster.name == "pair")
      #expect(scenario.cluster.transport.name == "own")
      #expect(scenario.cluster.transport.host.send.picosecondsPerMessage == 10_000_000)
      #expect(scenario.cluster.transport.wire.clearToSendBytes == TransportProfile.glooTCP.wire.clearToSendBytes)
      #expect(scenario.cluster.collectives == .gloo)
      #expect(
        scenario.documents.map(\.path) == [
          "\(folder)/scenario.yaml", "\(folder)/clusters/pair.yaml", "\(folder)/clusters/profiles/own.yaml",
        ])
      #expect(
        scenario.documents.map(\.text) == [
          Self.files["scenario.yaml"], Self.files["clusters/pair.yaml"], Self.files["clusters/profiles/own.yaml"],
        ])
    }
  }

  @Test("errors name the file they stand in")
  func errorsNameTheFileTheyStandIn() throws {
    var files = Self.files
    files["clusters/profiles/own.yaml"] = "base: gloo-tcp\nsend: {per_mesage: 10 us}\n"
    try Self.withFolder(files) { (folder: String) throws in
      let error = try #require(throws: DocumentError.self) { try Scenario(contentsOf: "\(folder)/scenario.yaml") }
      #expect(
        error.description == "\(folder)/clusters/profiles/own.yaml:2: send.per_mesage: unknown field \"per_mesage\": "
          + "did you mean \"per_message\"? Allowed: per_message, per_byte")
    }
    files["clusters/profiles/own.yaml"] = nil
    try Self.withFolder(files) { (folder: String) throws in
      let error = try #require(throws: DocumentError.self) { try Scenario(contentsOf: "\(folder)/scenario.yaml") }
      #expect(
        error.description == "\(folder)/clusters/pair.yaml:2: network.transport: \(folder)/clusters/profiles/own.yaml "
          + "cannot be read: No such file or directory")
    }
  }

  @Test("text that is not UTF-8")
  func textThatIsNotUTF8() throws {
    try Self.withFolder([:]) { (folder: String) throws in
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let path = "\(folder)/latin.yaml"
      try Data("name: a\ndevices: caf".utf8 + [0xE9, 0x0A]).write(to: URL(fileURLWithPath: path))
      let error = try #require(throws: DocumentError.self) { try Cluster(contentsOf: path) }
      #expect(error.description == "\(path):2: not YAML: the text is not UTF-8")
    }
  }
}
