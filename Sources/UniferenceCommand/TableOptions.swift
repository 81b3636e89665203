import ArgumentParser
import Foundation
import Reports

/// Options of commands that print tables.
struct TableOptions: ParsableArguments {
  @Flag(help: "Tables may be wider than the terminal, or than 100 columns elsewhere.")
  var wide = false

  /// For tables on standard output.
  var format: TableFormat { TableFormat(for: STDOUT_FILENO, isWide: wide) }

  /// For tables on standard error.
  var errorFormat: TableFormat { TableFormat(for: STDERR_FILENO, isWide: wide) }
}
