import Foundation
import TestSupport
import Testing

/// The built binary: what it prints, where, and how it exits.
@Suite struct CommandLineTests {
  struct Outcome: Equatable {
    var exitCode: Int32
    var output: String
    var errors: String
  }

  /// Test bundles lie beside the products.
  private static let binary: URL = {
    #if os(macOS)
      let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") } ?? .main
      return bundle.bundleURL.deletingLastPathComponent().appendingPathComponent("uniference")
    #else
      return Bundle.main.bundleURL.appendingPathComponent("uniference")
    #endif
  }()

  static func run(_ arguments: String...) throws -> Outcome { try run(arguments) }

  static func run(_ arguments: [String]) throws -> Outcome {
    let process = Process()
    process.executableURL = binary
    process.arguments = arguments
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let outputData = output.fileHandleForReading.readDataToEndOfFile()
    let errorData = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Outcome(
      exitCode: process.terminationStatus, output: String(decoding: outputData, as: UTF8.self),
      errors: String(decoding: errorData, as: UTF8.self))
  }

  static func withFile<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    return try body(folder.write(text, to: "case.json"))
  }

  @Test("the flows of a case")
  func theFlowsOfACase() throws {
    let text = """
      {"links": [{"id": "l", "bandwidth_Bps": 10, "latency_s": 1}],
       "flows": [{"id": "0", "start_s": 0, "bytes": 20, "links": ["l"]}]}
      """
    try Self.withFile(text) { (path: String) throws in
      let json = "{\n  \"finish_s\" : {\n    \"0\" : 3\n  }\n}\n"
      #expect(try Self.run("flows", path) == Outcome(exitCode: 0, output: json, errors: ""))
      #expect(try Self.run("flows", "--json", path).output == json)
      #expect(try Self.run("flows", "--table", path).output.contains("│    3 s\n"))
    }
  }

  @Test(
    "bad cases",
    arguments: [
      ("{", "not JSON"),
      ("{\"links\": []}", "flows"),
      (
        "{\"links\": [{\"id\": \"l\", \"bandwidth_Bps\": 0, \"latency_s\": 0}], \"flows\": []}",
        "links[0].bandwidth_Bps: is 0; it must be from 1e-06 to 1e+18"
      ),
      (
        "{\"links\": [], \"flows\": [{\"id\": \"0\", \"start_s\": 0, \"bytes\": 1, \"links\": [\"l\"]}]}",
        "flows[0].links: there is no link \"l\" in links"
      ),
    ]) func badCases(text: String, reason: String) throws
  {
    try Self.withFile(text) { (path: String) throws in
      let outcome = try Self.run("flows", path)
      #expect(outcome.exitCode == 65)
      #expect(outcome.output.isEmpty)
      #expect(outcome.errors.hasPrefix("uniference: error: \(path): "))
      #expect(outcome.errors.split(separator: "\n").count == 1)
      if reason != "not JSON" { #expect(outcome.errors.contains(reason)) }
    }
  }

  @Test("bad input")
  func badInput() throws {
    #expect(
      try Self.run("flows", "/nowhere.json")
        == Outcome(
          exitCode: 65, output: "",
          errors: "uniference: error: /nowhere.json: cannot be read: No such file or directory\n"))
    #expect(
      try Self.run("devices", "h100")
        == Outcome(
          exitCode: 65, output: "",
          errors: "uniference: error: unknown device \"h100\": did you mean \"h100-pcie\" or \"h100-sxm\"? "
            + "(uniference devices lists all)\n"))
    let model = try Self.run("models", "llama-3.1-8", "--json")
    #expect(model.exitCode == 65 && model.output.isEmpty)
    #expect(model.errors.hasPrefix("uniference: error: unknown model \"llama-3.1-8\": did you mean \"llama-3.1-8b\"?"))
    try Self.withFile("{\"model_type\": \"bert\"}") { (path: String) throws in
      let outcome = try Self.run("models", path)
      #expect(outcome.exitCode == 65)
      #expect(outcome.errors.hasPrefix("uniference: error: \(path): hidden_size is missing"))
    }
  }

  @Test("files of encoders")
  func filesOfEncoders() throws {
    let bert = """
      {"model_type": "bert", "hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12,
       "intermediate_size": 1536, "vocab_size": 30522, "torch_dtype": "float32"}
      """
    try Self.withFile(bert) { (path: String) throws in
      let text = try Self.run("models", path)
      #expect(text.exitCode == 0 && text.errors.isEmpty)
      #expect(text.output.contains("sentence encoder\n") && text.output.contains("22 565 376\n"))
      let json = try #require(
        JSONSerialization.jsonObject(with: Data(try Self.run("models", path, "--json").output.utf8)) as? [String: Any])
      #expect(json["kind"] as? String == "sentence_encoder" && json["parameters"] as? Int == 22_565_376)
      #expect(json["weight_bytes"] as? Int == 4 * 22_565_376)
    }
    try Self.withFile("{\"model_type\": \"clip\", \"text_config\": {}, \"vision_config\": {}}") { path in
      let text = try Self.run("models", path)
      #expect(text.exitCode == 0 && text.errors.isEmpty)
      // openai/clip-vit-base-patch32 has so many.
      #expect(text.output.contains("two towers\n") && text.output.contains("151 277 313\n"))
      let json = try #require(
        JSONSerialization.jsonObject(with: Data(try Self.run("models", path, "--json").output.utf8)) as? [String: Any])
      #expect((json["vision"] as? [String: Any])?["layers"] as? Int == 12)
    }
  }

  @Test("one strategy does not fail on the others")
  func oneStrategyDoesNotFailOnTheOthers() throws {
    let scenario = """
      cluster:
        devices: [{name: jetson, count: 2, model: jetson-orin-nano}]
        network: {topology: switch, link: {bandwidth: 1 Gbps}}
      model: smollm2-135m
      strategy: [single, tensor=4, pipeline=9]
      workload: {prompt: 8, generate: 2}
      """
    try Self.withFile(scenario) { (path: String) throws in
      #expect(try Self.run("simulate", path, "--no-record").exitCode == 65)
      let outcome = try Self.run("simulate", path, "--no-record", "--strategy", "pipeline=2", "--json")
      #expect(outcome.exitCode == 0 && outcome.output.contains("\"strategy\" : \"pipeline=2\""))
    }
  }

  @Test("bad usage")
  func badUsage() throws {
    for arguments in [["flows"], ["devices", "--jsn"], ["simulat"], ["flows", "--json", "--table", "x"]] {
      let outcome = try Self.run(arguments)
      #expect(outcome.exitCode == 64, "\(arguments)")
      #expect(outcome.output.isEmpty && outcome.errors.contains("Usage: uniference"))
    }
  }
}
