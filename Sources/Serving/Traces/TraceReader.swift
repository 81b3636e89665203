import Foundation

/// The requests of a trace one after another.
struct TraceReader {
  private let file: TraceFile
  private var lines: LineReader
  private var columns: [String: Int] = [:]
  private var start: Double?

  init(_ file: TraceFile) throws(TraceError) {
    self.file = file
    lines = try LineReader(file.path)
    guard file.format != .mooncake, let header = try lines.next() else { return }
    for (index, name) in Self.cells(header).enumerated() { columns[name] = index }
    let fields = file.format.lengthFields
    for field in [file.format.timeField, fields.prompt, fields.output] where columns[field] == nil {
      throw error(field, "the header has no such column")
    }
  }

  /// The line of the request given out last.
  var line: Int { lines.line }

  /// The next request; `nil` after the last one.
  mutating func next() throws(TraceError) -> TraceEntry? {
    while let text = try lines.next() {
      var entry = file.format == .mooncake ? try objectEntry(text) : try rowEntry(text)
      // BurstGPT's failed requests.
      if file.format == .burstGPT, entry.outputLength == 0 { continue }
      let fields = file.format.lengthFields
      for (field, value) in [(fields.prompt, entry.promptLength), (fields.output, entry.outputLength)]
      where !(1...LengthDistribution.longest).contains(value) {
        throw error(field, "\(value) is not allowed: it must be a whole number from 1 to \(LengthDistribution.longest)")
      }
      let first = start ?? entry.seconds
      start = first
      entry.seconds -= first
      return entry
    }
    return nil
  }

  private func error(_ field: String?, _ rule: String) -> TraceError {
    TraceError(file: file.path, line: lines.line, field: field, rule)
  }

  private static func cells(_ line: String) -> [String] {
    line.split(separator: ",", omittingEmptySubsequences: false).map {
      $0.trimmingCharacters(in: .whitespaces.union(["\""]))
    }
  }

  // MARK: Rows

  private func rowEntry(_ text: String) throws(TraceError) -> TraceEntry {
    let cells = Self.cells(text)
    func cell(_ field: String) throws(TraceError) -> String {
      guard let column = columns[field], column < cells.count else {
        throw error(field, "the line has \(cells.count) fields, the header \(columns.count)")
      }
      return cells[column]
    }
    func count(_ field: String) throws(TraceError) -> Int {
      let text = try cell(field)
      guard let number = Int(text) else { throw error(field, "\"\(text)\" is not a whole number") }
      return number
    }
    let time = try cell(file.format.timeField)
    guard let seconds = file.format == .azure ? Self.seconds(ofDate: time) : Double(time), seconds.isFinite else {
      let expected = file.format == .azure ? "a date and time such as 2023-11-16 18:15:46.68" : "seconds"
      throw error(file.format.timeField, "\"\(time)\" is not \(expected)")
    }
    let fields = file.format.lengthFields
    return TraceEntry(seconds: seconds, promptLength: try count(fields.prompt), outputLength: try count(fields.output))
  }

  /// Seconds since 1970 of `2023-11-16 18:15:46.6805900`, with or without a zone behind it, which is taken to be the same in
  /// all lines.
  static func seconds(ofDate text: String) -> Double? {
    let parts = text.split(whereSeparator: { $0 == " " || $0 == "T" })
    guard parts.count == 2 else { return nil }
    let date = parts[0].split(separator: "-").map { Int($0) }
    let clock = parts[1].prefix { $0.isNumber || $0 == ":" || $0 == "." }.split(separator: ":")
    guard date.count == 3, let year = date[0], let month = date[1], let day = date[2], clock.count == 3,
      let hour = Int(clock[0]), let minute = Int(clock[1]), let second = Double(clock[2]),
      (1...9999).contains(year), (1...12).contains(month), (1...31).contains(day), (0..<24).contains(hour),
      (0..<60).contains(minute), (0..<61).contains(second)
    else { return nil }
    return Double(days(year, month, day) * 86_400 + hour * 3600 + minute * 60) + second
  }

  /// Days since 1970-01-01 in the Gregorian calendar (Hinnant's days_from_civil).
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = year / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  // MARK: JSON objects

  /// The tokens that each hash of Mooncake's traces stands for.
  private static let hashedTokens = 512

  private struct Line: Decodable {
    let timestamp: Double
    let input_length: Int
    let output_length: Int
    let hash_ids: [Int]?
  }

  private func objectEntry(_ text: String) throws(TraceError) -> TraceEntry {
    let line: Line
    do { line = try JSONDecoder().decode(Line.self, from: Data(text.utf8)) } catch {
      guard let failure = error as? DecodingError else { throw self.error(nil, "is not a JSON object") }
      throw self.error(failure.fieldName, failure.rule)
    }
    guard line.timestamp.isFinite else { throw error("timestamp", "must be a number of milliseconds") }
    let hashes = line.hash_ids ?? []
    let prefix =
      hashes.isEmpty
      ? nil
      : PromptPrefix(pieceLength: Self.hashedTokens, pieces: hashes.map { UInt64(bitPattern: Int64($0)) })
    return TraceEntry(
      seconds: line.timestamp / 1000, promptLength: line.input_length, outputLength: line.output_length, prefix: prefix)
  }
}

extension DecodingError {
  fileprivate var fieldName: String? {
    switch self {
    case .keyNotFound(let key, _): key.stringValue
    case .typeMismatch(_, let context), .valueNotFound(_, let context): context.codingPath.first?.stringValue
    default: nil
    }
  }

  fileprivate var rule: String {
    switch self {
    case .keyNotFound: "is missing"
    case .typeMismatch, .valueNotFound: "is not a number, or not a list of whole numbers"
    default: "the line is not a JSON object"
    }
  }
}
