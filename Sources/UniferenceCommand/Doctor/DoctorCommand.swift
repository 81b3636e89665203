import ArgumentParser
import Inputs
import Reports
import Results
import Uniference

/// `uniference doctor`.
struct DoctorCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Say what is installed here, which commands need it, and how to get what is missing.")

  @OptionGroup var tables: TableOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func perform() async throws {
    let examination = Examination()
    if json {
      return try StandardOutput.print(try jsonText(DoctorReport(findings: examination.findings)))
    }
    try StandardOutput.print(Self.text(examination.findings, tables.format), terminator: "")
  }

  /// A table of what was found, and below it what to do.
  static func text(_ findings: [Finding], _ format: TableFormat) -> String {
    var table = TextTable(
      columns: [.init(""), .init(""), .init("found", wrapsTo: 24), .init("needed for", wrapsTo: 24)])
    for finding in findings {
      table.append([finding.name, finding.state.rawValue, finding.found, finding.neededFor])
    }
    var text = "uniference \(UniferenceVersion.current)\n\n" + table.rendered(format)
    let remedies = findings.compactMap { finding in finding.remedy.map { "\(finding.name): \($0)" } }
    if remedies.isEmpty { return text + "\nNothing is missing.\n" }
    text += "\n"
    for remedy in remedies { text += format.wrapped(remedy.printableLine) + "\n" }
    return text
  }
}

/// What `uniference doctor --json` prints.
private struct DoctorReport: Encodable {
  let uniference = UniferenceVersion.current
  let findings: [Finding]
}
