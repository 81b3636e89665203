import CSQLite
import Foundation

/// A SQLite file that this program has open. One thread at a time may use it.
final class SQLiteFile {
  /// What SQLite refuses to do, and why.
  struct Failure: Error {
    /// One of SQLite's result codes, such as `SQLITE_FULL`.
    let code: Int32
    /// SQLite's words.
    let message: String
  }

  private let handle: OpaquePointer

  /// Opens a file, or makes it.
  ///
  /// - Parameter patience: how long statements wait for other programs that write to the file.
  init(path: String, patience: Duration) throws(Failure) {
    var handle: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
    let code = sqlite3_open_v2(path, &handle, flags, nil)
    guard code == SQLITE_OK, let handle else {
      let failure = Failure(code: code, message: handle.map(Self.message) ?? "out of memory")
      sqlite3_close(handle)
      throw failure
    }
    self.handle = handle
    sqlite3_busy_timeout(handle, Int32(patience / .milliseconds(1)))
  }

  deinit { sqlite3_close(handle) }

  /// Runs a statement to its end.
  ///
  /// - Parameter values: those of its question marks, in order.
  /// - Returns: its rows, each with the names of its columns.
  @discardableResult
  func run(_ sql: String, _ values: [SweepRow.Value] = []) throws(Failure) -> [SweepRow] {
    var statement: OpaquePointer?
    try check(sqlite3_prepare_v2(handle, sql, -1, &statement, nil))
    defer { sqlite3_finalize(statement) }
    for (index, value) in values.enumerated() { try bind(value, to: statement, at: Int32(index + 1)) }
    let names = (0..<sqlite3_column_count(statement)).map { column in
      sqlite3_column_name(statement, column).map { String(cString: $0) } ?? ""
    }
    var rows: [SweepRow] = []
    while true {
      let code = sqlite3_step(statement)
      if code == SQLITE_DONE { return rows }
      guard code == SQLITE_ROW else { throw failure(code) }
      let values = names.indices.map { Self.value(of: statement, column: Int32($0)) }
      rows.append(SweepRow(values: zip(names, values).map { ($0, $1) }))
    }
  }

  /// Does something whole or not at all, while no other program writes.
  func transaction(_ body: () throws(Failure) -> Void) throws(Failure) {
    try run("BEGIN IMMEDIATE")
    do throws(Failure) {
      try body()
      try run("COMMIT")
    } catch {
      // Some failures have ended the transaction already.
      if sqlite3_get_autocommit(handle) == 0 { _ = try? run("ROLLBACK") }
      throw error
    }
  }

  /// A name as SQL takes it, whatever is in it.
  static func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }

  private func bind(_ value: SweepRow.Value, to statement: OpaquePointer?, at index: Int32) throws(Failure) {
    // SQLite copies texts that it is told may go away.
    let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    let code =
      switch value {
      case .nothing: sqlite3_bind_null(statement, index)
      case .number(let number):
        if let integer = Int64(exactly: number) {
          sqlite3_bind_int64(statement, index, integer)
        } else {
          sqlite3_bind_double(statement, index, number)
        }
      case .text(let text): sqlite3_bind_text(statement, index, text, -1, transient)
      }
    try check(code)
  }

  private static func value(of statement: OpaquePointer?, column: Int32) -> SweepRow.Value {
    switch sqlite3_column_type(statement, column) {
    case SQLITE_INTEGER, SQLITE_FLOAT: .number(sqlite3_column_double(statement, column))
    case SQLITE_TEXT: sqlite3_column_text(statement, column).map { .text(String(cString: $0)) } ?? .nothing
    default: .nothing
    }
  }

  private func check(_ code: Int32) throws(Failure) { if code != SQLITE_OK { throw failure(code) } }

  private func failure(_ code: Int32) -> Failure { Failure(code: code, message: Self.message(of: handle)) }

  private static func message(of handle: OpaquePointer) -> String { String(cString: sqlite3_errmsg(handle)) }
}
