#if os(Linux)
  import Foundation

  extension CoreAssignment {
    /// Numbers of the cores that this process may run on.
    public static var available: [Int] {
      let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
      let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
      return line.map { cores(inList: String($0.split(separator: ":")[1])) } ?? []
    }
  }
#endif
