import Foundation

/// The machine that something is measured on, in a few words for reports.
public enum MachineDescription {
  /// `4 x Intel Xeon, 16 GB of memory, Debian GNU/Linux 12`.
  public static var current: String {
    let process = ProcessInfo.processInfo
    let gigabytes = (Double(process.physicalMemory) / 1e9).rounded()
    return "\(process.activeProcessorCount) x \(processor), \(Int(gigabytes)) GB of memory, \(systemName)"
  }

  /// What a calibration holds for: `4 x Intel Xeon, Linux 6.1.0-18`.
  public static var identity: String {
    identity(cores: ProcessInfo.processInfo.processorCount, processor: processor, kernel: kernel)
  }

  /// The same of another machine.
  package static func identity(cores: Int, processor: String, kernel: String) -> String {
    "\(cores) x \(processor), \(kernel)"
  }

  /// The processor's name as the system tells it: `AMD EPYC 7B13`.
  public static var processor: String {
    field("model name", in: "/proc/cpuinfo", separator: ":") ?? boardName ?? brandName ?? "processor of unknown name"
  }

  /// What kind of processor programs run on here, and PyTorch on `cpu`.
  public static var processorKind: ProcessorKind { boardName == nil ? .cpu : .embeddedCPU }

  /// The name of the board, on Linux systems that are described by a device tree: `Raspberry Pi 5 Model B Rev 1.0`.
  private static var boardName: String? {
    guard let text = try? String(contentsOfFile: "/proc/device-tree/model", encoding: .utf8) else { return nil }
    let name = text.filter { $0 != "\0" }.trimmingCharacters(in: .whitespacesAndNewlines)
    return name.isEmpty ? nil : name
  }

  /// The processor's name on macOS: `Apple M3 Max`.
  private static var brandName: String? {
    #if canImport(Darwin)
      var size = 0
      guard sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0) == 0, size > 1 else { return nil }
      var bytes = [UInt8](repeating: 0, count: size)
      guard sysctlbyname("machdep.cpu.brand_string", &bytes, &size, nil, 0) == 0 else { return nil }
      return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    #else
      return nil
    #endif
  }

  /// The kernel and its release: `Linux 6.1.0-18`.
  private static var kernel: String {
    var names = utsname()
    guard uname(&names) == 0 else { return "a system of unknown name" }
    return "\(text(&names.sysname)) \(text(&names.release))"
  }

  /// The text in a C array, up to its first zero.
  private static func text<Characters>(_ characters: inout Characters) -> String {
    withUnsafeBytes(of: &characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
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
