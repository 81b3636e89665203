import ArgumentParser
import Foundation
import Results
import Testbed

/// `uniference testbed relay`, which a testbed with delays starts where the kernel has no netem.
struct TestbedRelayCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "relay", abstract: "Carries frames between ends of links.", shouldDisplay: false)

  @Argument var nanoseconds: UInt64
  @Argument var ends: [String]

  func perform() async throws {
    #if os(Linux)
      let relay = try FrameRelay(nanoseconds: nanoseconds, ends: ends)
      // Whoever has started it waits for a line.
      try StandardOutput.print("ready")
      fflush(nil)
      relay.run()
    #endif
  }
}
