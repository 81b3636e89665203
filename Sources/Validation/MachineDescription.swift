import Foundation

/// The machine that something was measured on, in a few words for a report.
public enum MachineDescription {
  /// `4 x Intel Xeon, 16 GB of memory, Debian GNU/Linux 12`.
  public static var current: String {
    let process = ProcessInfo.processInfo
    let gigabytes = (Double(process.physicalMemory) / 1e9).rounded()
    return "\(process.activeProcessorCount) x \(processorName), \(Int(gigabytes)) GB of memory, \(systemName)"
  }

  private static var processorName: String {
    field("model name", in: "/proc/cpuinfo", separator: ":") ?? "processor of unknown name"
  }

  private static var systemName: String {
    field("PRETTY_NAME", in: "/etc/os-release", separator: "=").map { $0.replacing("\"", with: "") }
      ?? ProcessInfo.processInfo.operatingSystemVersionString
  }

  private static func field(_ name: String, in path: String, separator: Character) -> String? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") {
      let sides = line.split(separator: separator, maxSplits: 1)
      guard sides.count == 2, sides[0].trimmingCharacters(in: .whitespaces) == name else { continue }
      return sides[1].trimmingCharacters(in: .whitespaces)
    }
    return nil
  }
}
