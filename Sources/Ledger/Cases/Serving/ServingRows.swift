import Documents
import Foundation
import Models
import Predictions
import Uniference

/// Rows of a table of serving measurements as cases: one entry of a case file's `rows`.
///
/// Each row's scenario is the entry's, in which `$column` stands for the row's value in that column, by the entry's `names`
/// where it has another name here. The load follows from the columns `isl`, `osl` and `concurrency`.
struct ServingRows {
  private static let fieldNames = [
    "file", "where", "category", "group", "scenario", "names", "shortest", "shortest_output",
    "requests_per_user", "stream_interval", "waiting_users",
    "quick_every", "left_out",
  ]

  /// Of one output of each user, so that the quick part takes seconds.
  private static let mostTokensOfQuickRows = 33_000

  private let table: MeasuredTable
  private typealias Condition = (column: String, value: DocumentValue)

  private let conditions: [Condition]
  private let category: String
  private let group: String
  private let scenario: DocumentValue
  private let names: [String: String]
  /// The shortest prompt and output over the longest ones.
  private let shortest: Double
  private let shortestOutput: Double
  private let requestsPerUser: Int
  private let streamInterval: Int
  /// For how many users the engine has no sequence, so that they wait for another's end; `nil` where that is not said.
  private let waitingUsers: Int?
  private let quickInterval: Int
  /// Rows that no case is made of, by conditions on their columns.
  private let doubtful: [(conditions: [Condition], what: String, reason: String)]
  private let source: String
  private let place: String

  /// Reads an entry.
  init(_ value: DocumentValue, source: String?) throws(DocumentError) {
    let fields = try DocumentFields(value, of: "the fields of rows", allowed: Self.fieldNames)
    place = value.place
    table = try MeasuredTable(fields.required("file", example: "serving/rows.csv").referencedFile())
    conditions = try Self.conditions(fields["where"])
    var doubtful: [(conditions: [Condition], what: String, reason: String)] = []
    for element in try fields["left_out"]?.list(of: "rows that are left out") ?? [] {
      let fields = try DocumentFields(element, of: "the fields of rows left out", allowed: ["where", "what", "reason"])
      doubtful.append(
        (
          try Self.conditions(fields.required("where", example: "{version: 1.3.0rc1}")),
          try fields.required("what", example: "Qwen3-32B on GB200").name("what was measured"),
          try fields.required("reason", example: "run eagerly").name("why")
        ))
    }
    self.doubtful = doubtful
    category = try fields.required("category", example: "serving dense").name("the name of a category")
    group = try fields["group"]?.name("which rows are summed up together") ?? "$model"
    scenario = try fields.required("scenario", example: "{cluster: $system.yaml, model: $model, strategy: tensor=$tp}")
    var names: [String: String] = [:]
    for entry in try fields["names"]?.entries(of: "the table's names and what they are called here") ?? [] {
      names[entry.name] = try entry.value.text("a name")
    }
    self.names = names
    shortest = try fields["shortest"]?.ratio(.positiveFraction) ?? 1
    shortestOutput = try fields["shortest_output"]?.ratio(.positiveFraction) ?? shortest
    streamInterval = try fields["stream_interval"]?.integer(in: 1...1000) ?? 1
    waitingUsers = try fields["waiting_users"]?.integer(in: 0...1000)
    requestsPerUser = try fields["requests_per_user"]?.integer(in: 1...1000) ?? 10
    quickInterval = try fields["quick_every"]?.integer(in: 1...1_000_000) ?? 1_000_000
    guard let source = source else {
      throw value.error("the file has no source; write for example source: \"README.md of ...\"")
    }
    self.source = source
  }

  private static func conditions(_ value: DocumentValue?) throws(DocumentError) -> [Condition] {
    try (value?.entries(of: "columns and the values that they must have") ?? []).map { ($0.name, $0.value) }
  }

  /// The cases of the rows that fulfil the entry's conditions, and those of them that are left out.
  ///
  /// - Parameter isQuick: reads the quick ones alone, since each row's scenario takes its time to read.
  func cases(isQuick: Bool) throws(DocumentError) -> (cases: [PublishedCase], leftOut: [LeftOutMeasurement]) {
    var cases: [PublishedCase] = []
    var lightCount = 0
    var leftOut: [LeftOutMeasurement] = []
    for row in table.rows where try fulfils(conditions, row) {
      var reason: (what: String, reason: String)?
      for entry in doubtful where reason == nil {
        if try fulfils(entry.conditions, row) { reason = (entry.what, entry.reason) }
      }
      if let reason {
        leftOut.append(LeftOutMeasurement(id: try row.text("id"), what: reason.what, reason: reason.reason))
        continue
      }
      let isLight = try row.integer("concurrency") * row.integer("osl") <= Self.mostTokensOfQuickRows
      let isSlow = !isLight || !lightCount.isMultiple(of: quickInterval)
      if isLight { lightCount += 1 }
      if isQuick && isSlow { continue }
      cases.append(try publishedCase(row, isSlow: isSlow))
    }
    return (cases, leftOut)
  }

  private func fulfils(_ conditions: [Condition], _ row: MeasuredTable.Row) throws(DocumentError) -> Bool {
    for (column, value) in conditions {
      let actual = try row.text(column)
      switch value.content {
      case .list(let allowed):
        var isAmong = false
        for element in allowed where try element.text("a value of \(column)") == actual { isAmong = true }
        if !isAmong { return false }
      case .nothing: if !actual.isEmpty { return false }
      default: if try value.text("a value of \(column)") != actual { return false }
      }
    }
    return true
  }

  private func publishedCase(_ row: MeasuredTable.Row, isSlow: Bool) throws(DocumentError) -> PublishedCase {
    let id = try row.text("id")
    let concurrency = try row.integer("concurrency")
    let count = ServingBenchmark.simulatedCount(concurrency: concurrency, requestsPerUser: requestsPerUser)
    let workload = try DocumentValue(
      overriding: """
        {workload: {arrivals: {concurrency: \(concurrency)}, requests: \(count), prompt: \(length(row.integer("isl"), shortest)), \
        generate: \(length(row.integer("osl"), shortestOutput))}}
        """, field: "", origin: .file(row.file, line: row.line))
    var document = try substituting(scenario, row)
    document.content = .mapping(
      try document.entries(of: "a scenario's fields") + workload.entries(of: "a scenario's fields"))
    var scenario = try Scenario(document, name: id)
    if let waitingUsers, var task = scenario.workload as? ServingTask {
      task.settings.maximumSequences = max(1, concurrency - waitingUsers)
      scenario.workload = task
    }
    return PublishedCase(
      id: id, category: category, group: try substituted(group, row),
      subject: .serving(
        ServingBenchmark(
          scenario: scenario, concurrency: concurrency, requestsPerUser: requestsPerUser,
          streamInterval: streamInterval)),
      measured: [
        PublishedCase.Figure(
          metric: .meanTimePerOutputToken, value: try row.number("tpot_ms") / 1000, spread: nil,
          category: "\(category) TPOT"),
        PublishedCase.Figure(
          metric: .meanTimeToFirstToken, value: try row.number("ttft_ms") / 1000, spread: nil,
          category: "\(category) TTFT"),
      ], source: source, conversion: nil, caveat: nil, residual: nil, isSlow: isSlow,
      place: "\(row.file):\(row.line)")
  }

  /// A number, or a range as random lengths are drawn from.
  private func length(_ longest: Int, _ shortest: Double) -> String {
    let from = max(1, Int(Double(longest) * shortest))
    return from == longest ? "\(longest)" : "{uniform: {from: \(from), to: \(longest)}}"
  }

  // MARK: Columns in texts

  private func substituting(_ value: DocumentValue, _ row: MeasuredTable.Row) throws(DocumentError) -> DocumentValue {
    var value = value
    switch value.content {
    case .nothing: break
    case .scalar(let text): value.content = .scalar(try substituted(text, row))
    case .list(let elements):
      value.content = .list(try elements.map { (element) throws(DocumentError) in try substituting(element, row) })
    case .mapping(let entries):
      value.content = .mapping(
        try entries.map { (entry) throws(DocumentError) in
          var entry = entry
          entry.value = try substituting(entry.value, row)
          return entry
        })
    }
    return value
  }

  /// A text with `$column` replaced.
  private func substituted(_ text: String, _ row: MeasuredTable.Row) throws(DocumentError) -> String {
    guard text.contains("$") else { return text }
    let pieces = text.split(separator: "$", omittingEmptySubsequences: false)
    var result = String(pieces[0])
    for piece in pieces.dropFirst() {
      let column = piece.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      let value = try row.text(String(column))
      result += (names[value] ?? value) + piece.dropFirst(column.count)
    }
    return result
  }
}
