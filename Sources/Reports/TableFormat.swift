import Foundation

/// How wide tables may be, and how they are drawn, where they are printed.
public struct TableFormat: Sendable {
  /// Terminal columns there are; `nil` for as many as a table wants.
  public let width: Int?
  /// How tables are drawn.
  public let style: TextTable.Style

  /// The width of what is no terminal, such as a pipe or a file.
  public static let defaultWidth = 100

  /// Any format.
  public init(width: Int? = nil, style: TextTable.Style = .box) {
    self.width = width
    self.style = style
  }

  /// What suits a file descriptor: its terminal's width and bold headings, or ``defaultWidth`` where it is none.
  ///
  /// - Parameters:
  ///   - isWide: whether tables may be as wide as they want.
  ///   - environment: in which `COLUMNS` gives another width, and `NO_COLOR` or a dumb `TERM` forbids escape codes.
  public init(
    for descriptor: Int32, isWide: Bool = false,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    let isTerminal = isatty(descriptor) == 1
    let stated = environment["COLUMNS"].flatMap(Int.init).flatMap { $0 > 0 ? $0 : nil }
    width = isWide ? nil : stated ?? terminalWidth(of: descriptor) ?? Self.defaultWidth
    var style = TextTable.Style.box
    style.isEmphasized = isTerminal && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    self.style = style
  }

  /// Text in lines that suit the width, at most ``defaultWidth``, which is as long as lines are read well.
  public func wrapped(_ text: String, indent: Int = 0) -> String {
    Reports.wrapped(text, width: min(width ?? Self.defaultWidth, Self.defaultWidth), indent: indent)
  }
}
