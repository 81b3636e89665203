import CSQLite
import Foundation
import Inputs
import Synchronization

/// A SQLite file that holds the results of sweeps: one table, `points`, with a row for each point.
///
/// Columns are added as results need them. Several threads and programs may write to one file at the same time. A row is
/// written when its point has ended, in a transaction of its own, so that whatever ends a sweep, every row that is there
/// is whole.
public final class SweepDatabase: Sendable {
  private let file: Mutex<SQLiteFile>
  private let path: String

  /// Columns that every row has.
  private static let fixed = ["sweep", "key", "number", "scenario", "seed", "status", "error", "wall_s"]

  /// How long to wait for another program that writes.
  private static let patience = Duration.seconds(60)

  /// Opens a file, or makes it.
  ///
  /// - Throws: ``SweepDatabaseError`` where it is no database, has another table of that name, or cannot be written.
  public convenience init(path: String) throws(SweepDatabaseError) {
    try self.init(path: path) { (file) throws(SQLiteFile.Failure) in
      try file.run(
        """
        CREATE TABLE IF NOT EXISTS points (
          sweep TEXT NOT NULL, key TEXT NOT NULL, number INTEGER NOT NULL, scenario TEXT NOT NULL,
          seed INTEGER NOT NULL, status TEXT NOT NULL, error TEXT, wall_s REAL NOT NULL, PRIMARY KEY (sweep, key))
        """)
    }
  }

  /// Opens a file that is there, to read it.
  ///
  /// - Throws: ``SweepDatabaseError`` where it is no database, or not one of a sweep's.
  public convenience init(reading path: String) throws(SweepDatabaseError) {
    try self.init(path: path) { _ in }
  }

  /// Opens a file, prepares it, and looks whether it is a sweep's.
  private init(path: String, preparing: (SQLiteFile) throws(SQLiteFile.Failure) -> Void) throws(SweepDatabaseError) {
    self.path = path
    do throws(SQLiteFile.Failure) {
      let opened = try SQLiteFile(path: path, patience: Self.patience)
      try preparing(opened)
      let columns = try Self.columns(of: opened)
      file = Mutex(opened)
      let missing = Self.fixed.filter { !columns.contains($0) }
      guard missing.isEmpty else { throw SQLiteFile.Failure(code: SQLITE_MISMATCH, message: missing[0]) }
    } catch {
      throw SweepDatabaseError(path, error)
    }
  }

  /// The names of the sweeps that have points here, in alphabetical order.
  public func sweeps() throws(SweepDatabaseError) -> [String] {
    let rows = try access { (file) throws(SQLiteFile.Failure) in
      try file.run("SELECT DISTINCT sweep FROM points ORDER BY sweep")
    }
    return rows.compactMap { if case .text(let name) = $0["sweep"] { name } else { nil } }
  }

  /// The keys of a sweep's points that have ended.
  ///
  /// - Parameter withFailed: also those that have ended by an error of their own.
  func endedKeys(of sweep: String, withFailed: Bool) throws(SweepDatabaseError) -> Set<String> {
    let condition = withFailed ? "" : " AND status != 'failed'"
    let rows = try access { (file) throws(SQLiteFile.Failure) in
      try file.run("SELECT key FROM points WHERE sweep = ?\(condition)", [.text(sweep)])
    }
    return Set(rows.compactMap { if case .text(let key) = $0["key"] { key } else { nil } })
  }

  /// Writes a point's row, in place of one that may be there.
  func write(
    _ point: SweepPoint, of sweep: String, scenario: String, _ result: PointResult
  ) throws(SweepDatabaseError) {
    var row: [(column: String, value: SweepRow.Value)] = [
      ("sweep", .text(sweep)), ("key", .text(point.key)), ("number", .number(Double(point.number))),
      ("scenario", .text(scenario)),
      ("seed", .number(Double(point.seed))), ("status", .text(result.error == nil ? "ended" : "failed")),
      ("error", result.error.map { .text($0) } ?? .nothing), ("wall_s", .number(result.seconds)),
    ]
    row += point.settings.map { ($0.written, SweepRow.Value(written: $0.value)) }
    // What was set has its own column, though a prediction may say it, too.
    let taken = Set(row.map { $0.column.lowercased() })
    row += result.metrics.filter { !taken.contains($0.name.lowercased()) }.map { ($0.name, $0.value) }
    let columns = row.map { SQLiteFile.quoted($0.column) }
    let sql =
      "INSERT OR REPLACE INTO points (\(columns.joined(separator: ", "))) "
      + "VALUES (\(Array(repeating: "?", count: row.count).joined(separator: ", ")))"
    try access { (file) throws(SQLiteFile.Failure) in
      try file.transaction { () throws(SQLiteFile.Failure) in
        var known = try Self.columns(of: file)
        for (column, _) in row where known.insert(column.lowercased()).inserted {
          try file.run("ALTER TABLE points ADD COLUMN \(SQLiteFile.quoted(column))")
        }
        try file.run(sql, row.map(\.value))
      }
    }
  }

  /// The rows of a sweep.
  ///
  /// - Parameters:
  ///   - condition: SQL that rows have to fulfil, such as `tokens_per_second > 3`.
  ///   - order: SQL by which they are ordered, such as `energy_j desc`; by their places in the sweep unless given.
  ///   - limit: how many at the most.
  public func rows(
    of sweep: String, where condition: String? = nil, orderedBy order: String? = nil, limit: Int? = nil
  ) throws(SweepDatabaseError) -> [SweepRow] {
    let condition = condition.map { " AND (\($0))" } ?? ""
    let sql = "SELECT * FROM points WHERE sweep = ?\(condition) ORDER BY \(order ?? "number") LIMIT \(limit ?? -1)"
    return try access { (file) throws(SQLiteFile.Failure) in try file.run(sql, [.text(sweep)]) }
  }

  private func access<Result: Sendable>(
    _ body: (SQLiteFile) throws(SQLiteFile.Failure) -> Result
  ) throws(SweepDatabaseError) -> Result {
    do throws(SQLiteFile.Failure) {
      return try file.withLock { (file) throws(SQLiteFile.Failure) in try body(file) }
    } catch {
      throw SweepDatabaseError(path, error)
    }
  }

  /// The names of the table's columns, in lower case, as SQLite compares them.
  private static func columns(of file: SQLiteFile) throws(SQLiteFile.Failure) -> Set<String> {
    let rows = try file.run("PRAGMA table_info(points)")
    return Set(rows.compactMap { if case .text(let name) = $0["name"] { name.lowercased() } else { nil } })
  }
}

/// What is wrong with a file of results, or with SQL that was to select some.
public struct SweepDatabaseError: Error, CustomStringConvertible, UserFacingError {
  /// One line: the file, what is wrong, what to do.
  public let description: String
  /// What kind of thing is at fault.
  package let exitCode: Int32

  init(_ path: String, _ failure: SQLiteFile.Failure) {
    let (words, exitCode) = Self.words(of: failure)
    description = "\(path): \(words)".printableLine
    self.exitCode = exitCode
  }

  private static func words(of failure: SQLiteFile.Failure) -> (String, Int32) {
    let message = failure.message
    switch failure.code & 0xff {
    case SQLITE_NOTADB: return ("is no SQLite file; name another one by --database", EX_DATAERR)
    case SQLITE_CORRUPT:
      return ("is damaged (\(message)); sqlite3's .recover reads what is left of it, into another file", EX_DATAERR)
    case SQLITE_MISMATCH:
      return ("has a table points that is none of a sweep's: it lacks \(message); name another file", EX_DATAERR)
    case SQLITE_FULL, SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM:
      return ("cannot be written: \(message); rows that have been written are whole", EX_IOERR)
    case SQLITE_BUSY, SQLITE_LOCKED:
      return ("has been locked by another program for a minute; try again when that has ended", EX_TEMPFAIL)
    case SQLITE_ERROR:
      let advice = "columns with a dot need quotation marks: \"workload.prompt\""
      return ("--where or --order-by: \(message); \(advice)", EX_DATAERR)
    default: return (message, EX_IOERR)
    }
  }
}
