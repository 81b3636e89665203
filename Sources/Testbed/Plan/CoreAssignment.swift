/// Which cores each host has.
public enum CoreAssignment {
  /// Equal shares of neighbouring cores; none for anybody where there are fewer cores than hosts, which then share all.
  static func shares(of cores: [Int], hosts: Int) -> [[Int]] {
    guard cores.count >= hosts else { return Array(repeating: [], count: hosts) }
    return (0..<hosts).map { host in
      Array(cores[host * cores.count / hosts..<(host + 1) * cores.count / hosts])
    }
  }

  /// Reads a list as the kernel writes it: `0-3,8`.
  static func cores(inList text: String) -> [Int] {
    text.split(separator: ",").flatMap { range -> [Int] in
      let ends = range.split(separator: "-").compactMap { Int($0.filter(\.isNumber)) }
      guard let first = ends.first, let last = ends.last, first <= last else { return [] }
      return Array(first...last)
    }
  }
}
