import ChildPrograms
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
    guard let failed = try run([ChildProgram(command, environment: environment)]) else { return }
    throw CalibrationFailure(
      "the measuring has failed with exit code \(failed.code), for the reason above\(remains(output))")
  }

  /// Measures on machines that are reached by ssh, and fetches the measurements.
  ///
  /// - Throws: in one line, the machine that cannot be reached, or on which the measuring has failed.
  public static func run(on hosts: RemoteHosts, _ command: MeasuringCommand, output: String) throws(CalibrationFailure)
  {
    for name in hosts.names {
      do { _ = try ChildProgram(RemoteHosts.ssh + [name, "true"]).output() } catch {
        throw CalibrationFailure(
          "host '\(name)' cannot be reached by ssh: \(error.complaint); 'ssh \(name) true' has to work without a password"
        )
      }
    }
    let failed = try run(hosts.commands(command).map { ChildProgram($0) })
    let fetched = fetch(command.output, from: hosts.names[0])
    if case .success(let text) = fetched {
      do { try Data(text.utf8).write(to: URL(fileURLWithPath: output)) } catch {
        throw CalibrationFailure("cannot write \(output): \(error.localizedDescription)")
      }
    }
    if let failed {
      throw CalibrationFailure(
        "the measuring on host '\(hosts.names[failed.index])' has failed with exit code \(failed.code), for the reason "
          + "above\(remains(output))")
    }
    if case .failure(let failure) = fetched {
      throw CalibrationFailure(
        "the measurements on host '\(hosts.names[0])' cannot be fetched: \(failure.complaint)")
    }
  }

  private static func run(_ programs: [ChildProgram]) throws(CalibrationFailure) -> (index: Int, code: Int32)? {
    do { return try ChildProgram.run(programs) } catch { throw CalibrationFailure(error.description) }
  }

  private static func fetch(_ path: String, from host: String) -> Result<String, ChildFailure> {
    Result { () throws(ChildFailure) in
      try ChildProgram(RemoteHosts.ssh + [host, "cat \(RemoteHosts.quoted(path))"]).output()
    }
  }

  private static func remains(_ output: String) -> String {
    guard let measurements = try? Measurements(contentsOf: output) else { return "" }
    return "; the \(measurements.figures.count) figures so far are in \(output)"
  }
}
