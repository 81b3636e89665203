import Foundation

/// Measures clusters by running the measuring scripts on them.
public enum MeasuringRun {
  /// Measures in a testbed.
  ///
  /// - Parameters:
  ///   - command: of ``MeasuringCommand/testbed(_:output:executable:python:arguments:)``.
  ///   - environment: with which Python finds the `uniference` package.
  ///   - output: where the measurements are left.
  /// - Throws: in one line, what has failed; it says where the measurements so far are.
  public static func run(_ command: [String], environment: [String: String], output: String) throws(CalibrationFailure)
  {
    guard let failed = try ChildProcesses([command], environment: environment).run() else { return }
    throw CalibrationFailure(
      "the measuring has failed with exit code \(failed.code), for the reason above\(remains(output))")
  }

  /// Measures on machines that are reached by ssh, and fetches the measurements.
  ///
  /// - Throws: in one line, the machine that cannot be reached, or on which the measuring has failed.
  public static func run(on hosts: RemoteHosts, _ command: MeasuringCommand, output: String) throws(CalibrationFailure)
  {
    for name in hosts.names {
      if let complaint = ChildProcesses.output(of: RemoteHosts.ssh + [name, "true"]).complaint {
        throw CalibrationFailure(
          "host '\(name)' cannot be reached by ssh: \(complaint); 'ssh \(name) true' has to work without a password")
      }
    }
    let failed = try ChildProcesses(hosts.commands(command)).run()
    let fetched = ChildProcesses.output(
      of: RemoteHosts.ssh + [hosts.names[0], "cat \(RemoteHosts.quoted(command.output))"])
    if fetched.complaint == nil {
      do { try Data(fetched.text.utf8).write(to: URL(fileURLWithPath: output)) } catch {
        throw CalibrationFailure("cannot write \(output): \(error.localizedDescription)")
      }
    }
    if let failed {
      throw CalibrationFailure(
        "the measuring on host '\(hosts.names[failed.index])' has failed with exit code \(failed.code), for the reason "
          + "above\(remains(output))")
    }
    if let complaint = fetched.complaint {
      throw CalibrationFailure("the measurements on host '\(hosts.names[0])' cannot be fetched: \(complaint)")
    }
  }

  private static func remains(_ output: String) -> String {
    guard let measurements = try? Measurements(contentsOf: output) else { return "" }
    return "; the \(measurements.figures.count) figures so far are in \(output)"
  }
}
