import ArgumentParser

/// Options of all commands that leave files about a run.
struct RecordOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Where the run record goes; a name of its own in runs/ unless given.", valueName: "name.run"))
  var record: String?

  @Flag(help: "Write no run record.")
  var noRecord = false

  @Option(help: ArgumentHelp("Write a trace of the run for ui.perfetto.dev.", valueName: "file"))
  var trace: String?

  func validate() throws {
    if record != nil && noRecord { throw ValidationError("--record and --no-record exclude each other.") }
  }
}
