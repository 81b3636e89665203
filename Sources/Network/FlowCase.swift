import Foundation
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

  /// The time in seconds at which each flow's last byte arrives, in the order of ``flows``; infinite where it never does.
  public func finishTimes() throws(FlowCaseError) -> [Double] {
    let routes = try checkedRoutes()
    let router = ListedRoutes(routes: routes)
    let links = self.links.map { entry in
      Link(bytesPerSecond: entry.bandwidth_Bps, latency: .seconds(entry.latency_s))
    }
    let names = self.links.map(\.id)
    do {
      let topology = try Topology(hostCount: 2 * flows.count, links: links, router: router) { names[Int($0)] }
      return simulate(on: topology)
    } catch {
      throw FlowCaseError(field: "links", message: error.description)
    }
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

  private func checkedRoutes() throws(FlowCaseError) -> [[LinkID]] {
    var numbers: [String: LinkID] = [:]
    for (index, link) in links.enumerated() {
      let field = "links[\(index)]"
      guard numbers.updateValue(LinkID(index), forKey: link.id) == nil else {
        throw FlowCaseError(field: field, message: "a second link \"\(link.id)\"; link ids must differ")
      }
      guard link.bandwidth_Bps > 0 else {
        throw FlowCaseError(
          field: "\(field).bandwidth_Bps", message: "is \(link.bandwidth_Bps); it must be greater than zero")
      }
      guard link.latency_s >= 0 else {
        throw FlowCaseError(field: "\(field).latency_s", message: "is \(link.latency_s); it must not be negative")
      }
    }
    var ids: Set<String> = []
    var routes: [[LinkID]] = []
    for (index, flow) in flows.enumerated() {
      let field = "flows[\(index)]"
      guard ids.insert(flow.id).inserted else {
        throw FlowCaseError(field: field, message: "a second flow \"\(flow.id)\"; flow ids must differ")
      }
      guard flow.bytes >= 0, flow.start_s >= 0 else {
        throw FlowCaseError(field: field, message: "start_s and bytes must not be negative")
      }
      var route: [LinkID] = []
      for id in flow.links {
        guard let number = numbers[id] else {
          throw FlowCaseError(field: "\(field).links", message: "there is no link \"\(id)\" in links")
        }
        guard !route.contains(number) else {
          throw FlowCaseError(field: "\(field).links", message: "link \"\(id)\" stands twice in one flow")
        }
        route.append(number)
      }
      routes.append(route)
    }
    return routes
  }
}

/// What is wrong with a flow case.
public struct FlowCaseError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The path to the field at fault, such as `flows[2].bytes`; empty for the whole.
  public let field: String
  /// What is wrong, and what is allowed.
  public let message: String

  init(field: String, message: String) {
    self.field = field
    self.message = message
  }

  init(_ error: DecodingError) {
    func path(_ context: DecodingError.Context, _ key: (any CodingKey)? = nil) -> String {
      (context.codingPath + (key.map { [$0] } ?? [])).reduce("") { path, key in
        if let index = key.intValue { return "\(path)[\(index)]" }
        return path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
      }
    }
    switch error {
    case .keyNotFound(let key, let context): self.init(field: path(context, key), message: "is missing")
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      self.init(field: path(context), message: "must be \(type == Double.self ? "a number" : "of type \(type)")")
    case .dataCorrupted(let context):
      let reason = (context.underlyingError as NSError?)?.userInfo["NSDebugDescription"] as? String
      self.init(field: path(context), message: reason ?? context.debugDescription)
    @unknown default: self.init(field: "", message: "\(error)")
    }
  }

  /// The field and what is wrong with it, in one line.
  public var description: String { field.isEmpty ? message : "\(field): \(message)" }
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
