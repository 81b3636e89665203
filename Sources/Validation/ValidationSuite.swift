import Documents
import Foundation
import Uniference

/// What is run for real and predicted, to see how well predictions hold.
///
/// Each run is one script, or one Swift program's library, on one testbed of hosts. It measures itself by its own clock and
/// prints a line of JSON for each point, so that the same file gives the real time and, under `uniference run` or
/// `uniference simulate`, the predicted one.
public struct ValidationSuite: Sendable {
  /// What reports call it.
  public let name: String
  /// The transport profile that predictions use: a cluster file's `network.transport`; `nil` for the testbed's own.
  public let transport: String?
  /// Further options of `uniference run`, for runs that have none of their own.
  public let predictionOptions: [String]
  /// Whether scripts run before everything else on this machine, for real and in simulation, so that other programs do
  /// not disturb them.
  public let isRealTime: Bool
  /// How often the whole real side of a run is repeated, to see how far its medians move.
  public let repetitions: Int
  /// The runs, in order.
  public let runs: [ValidationRun]
  /// What the file says by former names: a line each, with the names of today.
  public let hints: [String]

  /// Reads a suite.
  ///
  /// - Throws: one line that names file, line and field, the value at fault, and what is allowed.
  public init(contentsOf path: String) throws(DocumentError) {
    let document = try DocumentText(contentsOf: path)
    let value = try DocumentValue(yaml: document.text, file: document.path)
    let fields = try DocumentFields(
      value, of: "a validation's fields", allowed: ["name", "transport", "predict", "real_time", "repetitions", "runs"])
    name = try fields["name"]?.name("the suite's name") ?? path
    transport = try fields["transport"]?.referencedPath("the path of a transport profile")
    predictionOptions = try ValidationRun.words(fields["predict"]) ?? []
    isRealTime = try fields["real_time"]?.boolean() ?? false
    repetitions = try fields["repetitions"]?.integer(in: 1...100) ?? 3
    runs = try fields.required("runs", example: "[{family: collectives, script: collectives.py, testbed: {hosts: 2}}]")
      .list(of: "runs").map { (element) throws(DocumentError) in try ValidationRun(element) }
    hints = fields.hints + runs.flatMap(\.hints)
  }
}

/// One script on one testbed.
public struct ValidationRun: Sendable {
  /// Which of the report's groups its points belong to.
  public let family: String
  /// Path of the script, or of a Swift program's library.
  public let script: String
  /// Whether it is a Swift program's library.
  public let isProgram: Bool
  /// Its arguments.
  public let arguments: [String]
  /// The hosts and the links between them, as options of `uniference testbed run`: name and value.
  public let testbed: [TestbedOption]
  /// The transport profile that the prediction uses, instead of the suite's.
  public let transport: String?
  /// Whether this run's scripts run before everything else, where that differs from the suite.
  public let isRealTime: Bool?
  /// Another testbed, on which computing is recorded first: the prediction then computes nothing itself. `nil` for none.
  public let recordedOn: [TestbedOption]?
  /// Further options of `uniference run`, instead of the suite's.
  public let predictionOptions: [String]?
  /// Where it is written, for messages: `validation.yaml: runs[3]`.
  public let place: String
  /// A line for each field that has its former name.
  let hints: [String]
  /// What to say where the script or the library is not there.
  private let missingScript: DocumentError

  /// Number of hosts, of which each has one rank.
  public let hostCount: Int

  private static let fieldNames = [
    "family", "script", "program", "arguments", "testbed", "transport", "real_time", "recorded_on", "predict",
  ]

  init(_ value: DocumentValue) throws(DocumentError) {
    let fields = try DocumentFields(
      value, of: "a run's fields", allowed: Self.fieldNames, renamed: ["bed": "testbed"])
    hints = fields.hints
    place = value.place
    family = try fields.required("family", example: "collectives").name("the name of a family")
    isProgram = fields["program"] != nil
    if let program = fields["program"] {
      if let script = fields["script"] { throw script.error("give a script or a program, not both") }
      script = try program.referencedPath("the path of a Swift program's library")
      missingScript = program.error("\(script) is not there; \(Self.remedy(forProgram: script))")
    } else {
      let value = try fields.required("script", example: "collectives.py")
      script = try value.referencedPath("the path of a script")
      missingScript = value.error("\(script) is not there; give the path of a Python script")
    }
    transport = try fields["transport"]?.referencedPath("the path of a transport profile")
    arguments = try Self.words(fields["arguments"]) ?? []
    predictionOptions = try Self.words(fields["predict"])
    isRealTime = try fields["real_time"]?.boolean()
    let place = try fields.required("testbed", example: "{hosts: 2, rate: 1 Gbps}")
    testbed = try TestbedOption.options(place)
    recordedOn = try fields["recorded_on"].map { (value) throws(DocumentError) in try TestbedOption.options(value) }
    if isProgram, let value = fields["recorded_on"] {
      throw value.error("only scripts are recorded on another testbed; leave it out for a program")
    }
    let entries = try place.entries(of: "options of a testbed")
    guard let hosts = entries.first(where: { $0.name == "hosts" }) else {
      throw place.error("the testbed has no hosts; write for example testbed: {hosts: 2, rate: 1 Gbps}")
    }
    hostCount = try hosts.value.integer(in: 2...8)
  }

  /// Makes sure that the script or the library is there.
  public func checkScript() throws(DocumentError) {
    guard FileManager.default.isReadableFile(atPath: script) else { throw missingScript }
  }

  /// How to get a library: SwiftPM puts the product NAME of a package into `.build/CONFIGURATION/libNAME.so`.
  private static func remedy(forProgram path: String) -> String {
    let file = URL(fileURLWithPath: path).standardized
    let configuration = file.deletingLastPathComponent()
    let build = configuration.deletingLastPathComponent()
    let product = file.deletingPathExtension().lastPathComponent
    guard build.lastPathComponent == ".build", product.hasPrefix("lib") else { return "build it first" }
    let package = build.deletingLastPathComponent().path
    let isHere = package == URL(fileURLWithPath: ".").standardized.path
    return "build it by: swift build --configuration \(configuration.lastPathComponent)"
      + " --product \(product.dropFirst(3))" + (isHere ? "" : " --package-path \(package)")
  }

  static func words(_ value: DocumentValue?) throws(DocumentError) -> [String]? {
    guard let value else { return nil }
    return try value.list(of: "words").map { (word) throws(DocumentError) in try word.text("a word") }
  }

  /// The testbed in a few words: `2 hosts, 1 Gbps`.
  public var testbedDescription: String {
    Self.description(of: testbed) + (recordedOn.map { ", recorded at \(Self.description(of: $0))" } ?? "")
  }

  private static func description(of testbed: [TestbedOption]) -> String {
    testbed.map { option in
      switch option.name {
      case "hosts": "\(option.value) hosts"
      case "rate": option.value
      default: "\(option.name.replacing("-", with: " ")) \(option.value)"
      }
    }.joined(separator: ", ")
  }
}
