import Communication
import Foundation
import Hosts
import Network
import Quantities
import Simulation

/// A transport as a document gives it: the name of a shipped profile, the path of a profile's file, or its figures.
struct TransportReading {
  let profile: TransportProfile
  /// What the library behind the profile chooses; `nil` where there is none.
  let collectives: AlgorithmSelector?
  /// The machine that its parameters were fitted to, if it says so: ``MachineDescription/identity``.
  let machine: String?
  /// A line for each field or value that is given by a former name.
  let hints: [String]

  private static let fieldNames = [
    "name", "base", "send", "receive", "per_collective", "progress", "send_buffer", "rendezvous_threshold", "header",
    "clear_to_send", "per_clear_to_send", "c_state_exit", "cold_cache", "sleep_overshoot", "shared_cores",
    "wire_factor",
    "reduce_per_byte", "copy_per_byte", "per_copy", "measured_on",
  ]

  private static let renamedFields = [
    "notice": "clear_to_send", "per_notice": "per_clear_to_send", "wake": "c_state_exit", "cold": "cold_cache",
    "oversleep": "sleep_overshoot",
  ]

  /// - Parameter texts: receives the text of the profile's file.
  init(_ value: DocumentValue, texts: inout [DocumentText]) throws(DocumentError) {
    guard case .scalar(let name) = value.content else {
      self = try TransportReading(figures: value, defaultName: "own")
      return
    }
    if let shipped = TransportProfile.shipped.first(where: { $0.name == name }) {
      self.init(shipped)
      return
    }
    guard name.contains("/") || name.hasSuffix(".yaml") || name.hasSuffix(".yml") || name.hasSuffix(".json") else {
      let names = TransportProfile.shipped.map(\.name)
      throw value.error(unknownNameMessage("transport", name, allowed: names + ["a profile's file (PATH.yaml)"]))
    }
    let document = try value.referencedFile()
    texts.append(document)
    let fileName = URL(fileURLWithPath: name).deletingPathExtension().lastPathComponent
    let figures = try DocumentValue(yaml: document.text, file: document.path)
    self = try TransportReading(figures: Self.transport(ofCluster: figures) ?? figures, defaultName: fileName)
  }

  /// The transport that a cluster's file describes, such as one that `calibrate` has written; `nil` for other documents.
  private static func transport(ofCluster value: DocumentValue) throws(DocumentError) -> DocumentValue? {
    guard case .mapping(let entries) = value.content,
      let network = entries.first(where: { $0.name == "network" })?.value
    else { return nil }
    guard case .mapping(let fields) = network.content,
      let transport = fields.first(where: { $0.name == "transport" })?.value, case .mapping = transport.content
    else { throw network.error("this cluster's network describes no transport of its own (transport: {send: ...})") }
    return transport
  }

  private init(_ shipped: TransportProfile) {
    profile = shipped
    collectives = ClusterNetwork.collectives(of: shipped)
    machine = nil
    hints = []
  }

  private init(figures: DocumentValue, defaultName: String) throws(DocumentError) {
    let fields = try DocumentFields(
      figures, of: "a transport's fields", allowed: Self.fieldNames, renamed: Self.renamedFields)
    var hints = fields.hints
    var profile = TransportProfile.ideal
    if let base = fields["base"] {
      let name = try base.text("the name of a shipped transport")
      guard let shipped = TransportProfile.shipped.first(where: { $0.name == name }) else {
        throw base.error(unknownNameMessage("transport", name, allowed: TransportProfile.shipped.map(\.name)))
      }
      profile = shipped
    }
    collectives = ClusterNetwork.collectives(of: profile)
    profile.name = try fields["name"]?.name("the transport's name") ?? defaultName
    if let value = fields["send"] { profile.host.send = try Self.cost(value, otherwise: profile.host.send) }
    if let value = fields["receive"] { profile.host.receive = try Self.cost(value, otherwise: profile.host.receive) }
    if let value = fields["per_collective"] { profile.host.picosecondsPerCollective = try Self.perOccasion(value) }
    if let value = fields["progress"] { profile.host.progress = try Self.progress(value, &hints) }
    if let value = fields["send_buffer"] { profile.wire.sendBufferBytes = try Self.buffer(value) }
    if let value = fields["rendezvous_threshold"] {
      let isNever = try value.text("a data size or the word never") == "never"
      profile.wire.rendezvousThresholdBytes = isNever ? nil : try value.quantity(DataSize.self, FieldLimits.size).bytes
    }
    if let value = fields["header"] { profile.wire.headerBytes = try Self.header(value) }
    if let value = fields["clear_to_send"] { profile.wire.clearToSendBytes = try Self.header(value) }
    if let value = fields["per_clear_to_send"] { profile.host.picosecondsPerClearToSend = try Self.perOccasion(value) }
    if let value = fields["c_state_exit"] {
      profile.host.cStateExit = try Self.delay(value, of: "the C-state exit latency")
    }
    if let value = fields["cold_cache"] { profile.host.coldCache = try Self.delay(value, of: "the cold-cache penalty") }
    if let value = fields["sleep_overshoot"] { profile.host.sleepOvershootPicoseconds = try Self.perOccasion(value) }
    if let value = fields["shared_cores"] { profile.host.sharedCores = try Self.cores(value) }
    if let value = fields["wire_factor"] { profile.wire.factor = try Self.factor(value) }
    if let value = fields["reduce_per_byte"] { profile.host.reducePicosecondsPerByte = try Self.perByte(value) }
    if let value = fields["per_copy"] { profile.host.picosecondsPerCopy = try Self.perOccasion(value) }
    if let value = fields["copy_per_byte"] { profile.host.copyPicosecondsPerByte = try Self.perByte(value) }
    machine = try fields["measured_on"]?.name("a machine")
    self.profile = profile
    self.hints = hints
  }

  private static func cost(
    _ value: DocumentValue, otherwise base: MessageCost
  ) throws(DocumentError) -> MessageCost {
    let fields = try DocumentFields(value, of: "a message's costs", allowed: ["per_message", "per_byte"])
    var cost = base
    if let value = fields["per_message"] { cost.picosecondsPerMessage = try perOccasion(value) }
    if let value = fields["per_byte"] { cost.picosecondsPerByte = try perByte(value) }
    return cost
  }

  private static func buffer(_ value: DocumentValue) throws(DocumentError) -> Int? {
    if try value.text("a data size, or none") == "none" { return nil }
    return try value.quantity(DataSize.self, FieldLimits.size).bytes
  }

  private static func header(_ value: DocumentValue) throws(DocumentError) -> Int {
    try value.quantity(DataSize.self, FieldLimits.header).bytes
  }

  private static func delay(_ value: DocumentValue, of what: String) throws(DocumentError) -> DelayAfter {
    let fields = try DocumentFields(value, of: what, allowed: ["latency", "after"])
    return DelayAfter(
      afterPicoseconds: try fields["after"].map(perOccasion) ?? 0,
      picoseconds: try fields["latency"].map(perOccasion) ?? 0)
  }

  private static func cores(_ value: DocumentValue) throws(DocumentError) -> Int? {
    if try value.text("a number of cores, or none") == "none" { return nil }
    return try value.integer(in: 1...1024)
  }

  /// The progress model: strong, weak, or how long the library's thread waits for the processor. They were once called
  /// asynchronous and when-waiting.
  private static func progress(
    _ value: DocumentValue, _ hints: inout [String]
  ) throws(DocumentError) -> ProgressModel {
    func renamed(_ name: String, _ model: ProgressModel) -> ProgressModel {
      hints.append("\(value.error("\(value.shown) is called \(name) now"))")
      return model
    }
    return switch try value.text("strong, weak, or a duration such as 4 ms") {
    case "strong": .strong
    case "weak": .weak
    case "asynchronous": renamed("strong", .strong)
    case "when-waiting": renamed("weak", .weak)
    default: ProgressModel(afterPicoseconds: try perOccasion(value))
    }
  }

  private static func perOccasion(_ value: DocumentValue) throws(DocumentError) -> Int64 {
    try value.quantity(Duration.self, FieldLimits.shortTime).picoseconds
  }

  /// The time of a byte: a duration, which has whole picoseconds, or exactly as a rate.
  private static func perByte(_ value: DocumentValue) throws(DocumentError) -> Double {
    let text = try value.text("the time of a byte such as 0.25 ns, or a rate such as 4 GB/s")
    if (try? Bandwidth(parsing: text)) != nil, (try? Duration(parsing: text)) == nil {
      return 1e12 / (try value.quantity(Bandwidth.self, FieldLimits.rateOfBytes).bytesPerSecond)
    }
    return Double(try value.quantity(Duration.self, FieldLimits.timePerByte).picoseconds)
  }

  /// A number, or a list of payload sizes and numbers.
  private static func factor(_ value: DocumentValue) throws(DocumentError) -> PiecewiseLinear {
    guard case .list(let elements) = value.content else {
      return PiecewiseLinear(constant: try value.ratio(FieldLimits.factor))
    }
    var points: [PiecewiseLinear.Point] = []
    for element in elements {
      let pair = try element.list(of: "a payload's size and its factor such as [1 KiB, 1.2]")
      guard pair.count == 2 else {
        throw element.error("expected a payload's size and its factor such as [1 KiB, 1.2], found \(pair.count) values")
      }
      let size = try pair[0].quantity(DataSize.self, FieldLimits.size)
      points.append(PiecewiseLinear.Point(x: Double(size.bytes), y: try pair[1].ratio(FieldLimits.factor)))
    }
    do throws(NetworkError) {
      return try PiecewiseLinear(points: points)
    } catch {
      throw value.error("\(error)")
    }
  }
}
