import Documents
import Quantities
import Serving
import Uniference

extension RequestLoad {
  /// Requests where nothing says how many.
  private static let defaultCount = 1000

  /// Reads the workload of a scenario that has `serving`.
  init(_ value: DocumentValue) throws(DocumentError) {
    let fields = try DocumentFields(
      value, of: "a served workload's fields",
      allowed: ["arrivals", "requests", "prompt", "generate", "shared_prefix", "warm_up"])
    let (arrivals, trace) = try Self.arrivals(fields.required("arrivals", example: "{poisson: 4 /s}"))
    var prompt = LengthDistribution.trace
    var output = LengthDistribution.trace
    for (name, example) in [("prompt", "900"), ("generate", "256")] where trace == nil && fields[name] == nil {
      _ = try fields.required(name, example: example)
    }
    if let field = fields["prompt"] { prompt = try LengthDistribution(field, hasTrace: trace != nil) }
    if let field = fields["generate"] { output = try LengthDistribution(field, hasTrace: trace != nil) }
    var count = try fields["requests"]?.integer(in: 1...100_000_000)
    if let (file, origin) = trace {
      do throws(TraceError) {
        count = try file.check(atMost: count ?? .max)
      } catch {
        throw origin.error("\(error)")
      }
    }
    self.init(
      arrivals: arrivals, requestCount: count ?? Self.defaultCount, prompt: prompt, output: output, trace: trace?.file)
    warmUpCount = try fields["warm_up"]?.integer(in: 0...100_000_000) ?? 0
    if warmUpCount >= requestCount, let field = fields["warm_up"] {
      throw field.error("warm_up = \(warmUpCount), but there are only \(requestCount) requests; give more requests")
    }
    if let field = fields["shared_prefix"] { sharedPrefix = try SharedPrefix(field) }
  }

  private static func arrivals(
    _ value: DocumentValue
  ) throws(DocumentError) -> (ArrivalProcess, trace: (file: TraceFile, origin: DocumentValue)?) {
    let kinds = ["poisson", "gamma", "constant", "burst", "concurrency", "trace"]
    let fields = try DocumentFields(
      value, of: "arrivals of one kind", allowed: kinds + ["cv", "every", "speed"])
    let given = kinds.filter { fields[$0] != nil }
    guard given.count == 1, let kind = given.first, let field = fields[kind] else {
      let found = given.isEmpty ? "there is none" : "there are \(given.joined(separator: " and "))"
      throw value.error("\(found); write one of \(kinds.joined(separator: ", ")), such as {poisson: 4 /s}")
    }
    let companion = ["gamma": "cv", "burst": "every", "trace": "speed"]
    for (owner, name) in companion where owner != kind {
      if let other = fields[name] { throw other.error("goes with \(owner); leave it out") }
    }
    switch kind {
    case "poisson": return (.poisson(rate: try field.requestRate()), nil)
    case "constant": return (.constant(rate: try field.requestRate()), nil)
    case "gamma":
      let variation = try fields.required("cv", example: "2").ratio(Ratio.bounds(from: "0.01", to: "100"))
      return (.gamma(rate: try field.requestRate(), variation: variation), nil)
    case "burst":
      let interval = try fields.required("every", example: "10 s").quantity(Duration.self, .positive)
      return (.burst(size: try field.integer(in: 1...1_000_000), interval: interval), nil)
    case "concurrency": return (.closedLoop(concurrency: try field.integer(in: 1...1_000_000)), nil)
    default:
      let path = try field.referencedPath("the path of a trace")
      let speed = try fields["speed"]?.ratio(FieldLimits.factor) ?? 1
      do throws(TraceError) {
        return (.trace(speed: speed), (try TraceFile(path: path), field))
      } catch {
        throw field.error("\(error)")
      }
    }
  }
}

extension DocumentValue {
  /// Requests in a second: `4 /s`, `240 /min`.
  fileprivate func requestRate() throws(DocumentError) -> Double {
    try quantity(RequestRate.self, RequestRate.bounds(from: "0.000001 /s", to: "1000000 /s")).perSecond
  }
}

extension LengthDistribution {
  /// Reads a number, `{lognormal: {median: 900, p95: 4000}}`, `{uniform: {from: 1, to: 9}}` or `trace`.
  fileprivate init(_ value: DocumentValue, hasTrace: Bool) throws(DocumentError) {
    let range = 1...Self.longest
    if case .scalar("trace") = value.content {
      guard hasTrace else { throw value.error("there is no trace; give arrivals.trace, or a length") }
      self = .trace
      return
    }
    guard case .mapping = value.content else {
      self = .fixed(try value.integer(in: range))
      return
    }
    let fields = try DocumentFields(value, of: "a distribution of lengths", allowed: ["lognormal", "uniform"])
    switch (fields["lognormal"], fields["uniform"]) {
    case (let field?, nil):
      let figures = try DocumentFields(field, of: "a lognormal distribution's fields", allowed: ["median", "p95"])
      let bounds = Ratio.bounds(from: "1", to: "\(Self.longest)")
      let median = try figures.required("median", example: "900").ratio(bounds)
      let p95 = try figures.required("p95", example: "4000")
      let high = try p95.ratio(bounds)
      guard high >= median else { throw p95.error("p95 = \(p95.shown) is below the median; it must not be") }
      self = .lognormal(median: median, p95: high)
    case (nil, let field?):
      let figures = try DocumentFields(field, of: "a uniform distribution's fields", allowed: ["from", "to"])
      let low = try figures.required("from", example: "100").integer(in: range)
      let high = try figures.required("to", example: "1000").integer(in: low...Self.longest)
      self = .uniform(low...high)
    default:
      throw value.error(
        "write a number of tokens, {lognormal: {median: 900, p95: 4000}} or {uniform: {from: 1, to: 9}}")
    }
  }
}

extension RequestLoad.SharedPrefix {
  /// Reads `{tokens: 512, groups: 8}`.
  fileprivate init(_ value: DocumentValue) throws(DocumentError) {
    let fields = try DocumentFields(value, of: "a shared prefix's fields", allowed: ["tokens", "groups"])
    self.init(
      tokens: try fields.required("tokens", example: "512").integer(in: 1...LengthDistribution.longest),
      groups: try fields["groups"]?.integer(in: 1...1_000_000_000) ?? 1)
  }
}
