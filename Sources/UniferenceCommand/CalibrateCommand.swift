import ArgumentParser

/// `uniference calibrate`.
struct CalibrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Measure a real cluster, or the kernels of this machine, for predictions to go by.",
    subcommands: [CalibrateClusterCommand.self, CalibrateKernelsCommand.self],
    defaultSubcommand: CalibrateClusterCommand.self)
}
