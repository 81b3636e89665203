import Foundation
import Quantities
import Results
import Testbed

#if os(Linux)
  /// A testbed from a command's options, with what this machine needs for it checked.
  struct TestbedFactory {
    let testbed: Testbed
    let plan: TestbedPlan
    let groups: ControlGroupRoot?

    init(_ options: TestbedOptions, name: String, executable: String) throws {
      let layout = try options.layout()
      try Requirements.check()
      groups = layout.cpuShares.isEmpty ? nil : try ControlGroupRoot.find()
      testbed = Testbed(layout, name: name, cores: CoreAssignment.available, groups: groups)
      var method = DelayMethod.netem
      if layout.delay > .zero {
        method = try Requirements.delayMethod(executable: executable)
        if case .relay = method {
          StandardError.say(
            "uniference testbed: this kernel has no netem; a relay of this program's own delays each link by "
              + layout.delay.shortDescription)
        }
      }
      plan = TestbedPlan(layout, name: name, method: method)
    }

    /// Path of this program, which starts itself inside testbeds.
    static func executable() throws -> String {
      guard let path = Bundle.main.executablePath else {
        throw CommandFailure("cannot tell where this program is, which runs itself", CommandFailure.internalError)
      }
      return path
    }
  }
#endif

extension TestbedError {
  /// Elsewhere there are no network namespaces.
  static let onlyOnLinux = TestbedError(
    .machine, "a testbed is made of Linux network namespaces; run this on Linux")
}
