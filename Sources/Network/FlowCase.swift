import Foundation
import Inputs
import SimulationKernel

/// Flows over links, to be timed: the JSON that `uniference flows` reads.
public struct FlowCase: Codable, Sendable {
  /// A link, or one direction of one.
  public struct LinkEntry: Codable, Sendable {
    /// The name by which flows refer to it.
    public var id: String
    /// Bytes per second.
    public var bandwidth_Bps: Double
    /// Seconds that the first byte takes.
    public var latency_s: Double

    /// A link of that many bytes per second.
    public init(id: String, bandwidth_Bps: Double, latency_s: Double) {
      self.id = id
      self.bandwidth_Bps = bandwidth_Bps
      self.latency_s = latency_s
    }
  }

  /// Bytes that start somewhere at some time.
  public struct FlowEntry: Codable, Sendable {
    /// The name by which its finish time is reported.
    public var id: String
    /// When it starts, in seconds; its latency begins then.
    public var start_s: Double
    /// How much it carries.
    public var bytes: Double
    /// The links that the flow crosses, in order.
    public var links: [String]

    /// A flow over the links named.
    public init(id: String, start_s: Double, bytes: Double, links: [String]) {
      self.id = id
      self.start_s = start_s
      self.bytes = bytes
      self.links = links
    }
  }

  /// What the case is called.
  public var name: String?
  /// All links, each with its own id.
  public var links: [LinkEntry]
  /// All flows, each with its own id.
  public var flows: [FlowEntry]
  /// Known finish times by flow, where the case has them.
  public var finish_s: [String: Double]?

  /// A case without known finish times.
  public init(name: String? = nil, links: [LinkEntry], flows: [FlowEntry]) {
    self.name = name
    self.links = links
    self.flows = flows
  }

  /// - Throws: ``FlowCaseError`` that names the field.
  public static func decode(_ json: Data) throws(FlowCaseError) -> FlowCase {
    do {
      return try JSONDecoder().decode(FlowCase.self, from: json)
    } catch let error as DecodingError {
      throw FlowCaseError(error)
    } catch {
      throw FlowCaseError(field: "", message: "not JSON: \(error)")
    }
  }

  /// The time in seconds at which each flow's last byte arrives, in the order of ``flows``.
  ///
  /// - Throws: ``FlowCaseError`` that names the field, its value and what is allowed; the flow, where its last byte would
  ///   arrive after the end of virtual time.
  public func finishTimes() throws(FlowCaseError) -> [Double] {
    let router = ListedRoutes(routes: try checkedRoutes())
    let links = self.links.map { entry in
      Link(bytesPerSecond: entry.bandwidth_Bps, latency: .nearest(seconds: entry.latency_s))
    }
    let names = self.links.map(\.id)
    let times: [Double]
    do {
      let topology = try Topology(hostCount: 2 * flows.count, links: links, router: router) { names[Int($0)] }
      times = simulate(on: topology)
    } catch {
      throw FlowCaseError(field: "links", message: error.description)
    }
    if let late = times.firstIndex(where: { $0 > Self.latest }) {
      throw FlowCaseError(field: "flows[\(late)]", message: "\(TimeExceeded("flow \"\(quotable(flows[late].id))\""))")
    }
    return times
  }

  private func simulate(on topology: Topology) -> [Double] {
    let engine = Engine()
    let network = FlowNetwork(topology: topology, engine: engine)
    let recorder = ArrivalRecorder(engine: engine, flows: flows.count)
    network.observer = recorder
    for (index, flow) in flows.enumerated() {
      let connection = network.connection(from: index, to: flows.count + index, channel: 0)
      network.send(
        byteCount: flow.bytes, on: connection, at: VirtualTime(seconds: flow.start_s), token: UInt64(index))
    }
    engine.runEvents()
    return recorder.seconds
  }

  /// The end of virtual time in seconds.
  private static let latest = VirtualTime.limit.seconds

  private func checkedRoutes() throws(FlowCaseError) -> [[LinkID]] {
    var numbers: [String: LinkID] = [:]
    for (index, link) in links.enumerated() {
      let field = "links[\(index)]"
      guard numbers.updateValue(LinkID(index), forKey: link.id) == nil else {
        throw FlowCaseError(field: field, message: "a second link \"\(quotable(link.id))\"; link ids must differ")
      }
      try check(link.bandwidth_Bps, "\(field).bandwidth_Bps", in: 1e-6...1e18)
      try check(link.latency_s, "\(field).latency_s", in: 0...Self.latest)
    }
    var ids: Set<String> = []
    var routes: [[LinkID]] = []
    for (index, flow) in flows.enumerated() {
      let field = "flows[\(index)]"
      guard ids.insert(flow.id).inserted else {
        throw FlowCaseError(field: field, message: "a second flow \"\(quotable(flow.id))\"; flow ids must differ")
      }
      try check(flow.start_s, "\(field).start_s", in: 0...Self.latest)
      try check(flow.bytes, "\(field).bytes", in: 0...1e18)
      routes.append(try route(of: flow, "\(field).links", numbers))
    }
    return routes
  }

  private func route(
    of flow: FlowEntry, _ field: String, _ numbers: [String: LinkID]
  ) throws(FlowCaseError) -> [LinkID] {
    var route: [LinkID] = []
    var seen: Set<LinkID> = []
    for id in flow.links {
      guard let number = numbers[id] else {
        throw FlowCaseError(field: field, message: "there is no link \"\(quotable(id))\" in links")
      }
      guard seen.insert(number).inserted else {
        throw FlowCaseError(field: field, message: "link \"\(quotable(id))\" stands twice in one flow")
      }
      route.append(number)
    }
    return route
  }

  private func check(_ value: Double, _ field: String, in range: ClosedRange<Double>) throws(FlowCaseError) {
    guard !range.contains(value) else { return }
    func text(_ value: Double) -> String {
      (value.magnitude < 1e15 ? Int(exactly: value).map(String.init) : nil) ?? "\(value)"
    }
    throw FlowCaseError(
      field: field,
      message: "is \(text(value)); it must be from \(text(range.lowerBound)) to \(text(range.upperBound))"
        + (range.upperBound == Self.latest ? " (106 days, the end of virtual time)" : ""))
  }
}

/// What is wrong with a flow case.
public struct FlowCaseError: Error, Hashable, Sendable, CustomStringConvertible, UserFacingError {
  /// The path to the field at fault, such as `flows[2].bytes`; empty for the whole.
  public let field: String
  /// What is wrong, and what is allowed.
  public let message: String

  init(field: String, message: String) {
    self.field = field
    self.message = message
  }

  init(_ error: DecodingError) {
    switch error {
    case .keyNotFound(let key, let context):
      self.init(field: fieldPath(context.codingPath + [key]), message: "is missing")
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      self.init(
        field: fieldPath(context.codingPath), message: "must be \(type == Double.self ? "a number" : "of type \(type)")"
      )
    case .dataCorrupted(let context):
      let reason = (context.underlyingError as NSError?)?.userInfo["NSDebugDescription"] as? String
      let isDocument = context.codingPath.isEmpty
      let problem = reason ?? context.debugDescription
      self.init(
        field: fieldPath(context.codingPath), message: isDocument ? "is not valid JSON: \(problem)" : problem)
    @unknown default: self.init(field: "", message: "\(error)")
    }
  }

  /// The field and what is wrong with it, in one line.
  public var description: String { (field.isEmpty ? message : "\(field): \(message)").printable }
}

/// Flow `i` leads from host `i` to host `flows + i` over its own list of links.
private struct ListedRoutes: Router {
  let routes: [[LinkID]]

  func appendRoute(from source: Int, to destination: Int, by choice: PathChoice, to route: inout [LinkID]) {
    route.append(contentsOf: routes[source])
  }
}

private final class ArrivalRecorder: MessageObserver {
  private unowned let engine: Engine
  private(set) var seconds: [Double]

  init(engine: Engine, flows: Int) {
    self.engine = engine
    seconds = Array(repeating: .infinity, count: flows)
  }

  func messageArrived(token: UInt64) { seconds[Int(token)] = engine.now.seconds }
}
