import Quantities

/// A link that two groups of hosts share, each group on a switch of its own.
public struct Bottleneck: Hashable, Sendable {
  /// Hosts of either side, in ascending order.
  public let sides: [[Int]]
  /// Its rate in each direction.
  public let rate: Bandwidth

  /// Reads a text such as `0,1|2,3=200 Mbps`.
  ///
  /// - Throws: one line that says what is wrong, and what to write.
  public init(parsing text: String) throws(TestbedError) {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    let groups = (parts.first ?? "").split(separator: "|", omittingEmptySubsequences: false)
    let sides = groups.map { $0.split(separator: ",").map { Int($0.filter { $0 != " " }) } }
    guard parts.count == 2, sides.count == 2, sides.allSatisfy({ !$0.isEmpty && !$0.contains(nil) }) else {
      throw TestbedError(
        .request,
        "--bottleneck \"\(text)\" is not two groups of hosts and a rate; write for example "
          + "\"0,1|2,3=200 Mbps\"")
    }
    self.sides = sides.map { $0.compactMap(\.self).sorted() }
    do { rate = try Bandwidth(parsing: parts[1], .positive) } catch {
      throw TestbedError(.request, "--bottleneck: \(error)")
    }
  }

  /// The side that a host is on: 0 or 1.
  public func side(of host: Int) -> Int { sides[0].contains(host) ? 0 : 1 }

  func check(hostCount: Int) throws(TestbedError) {
    guard sides.flatMap(\.self).sorted() == Array(0..<hostCount) else {
      throw TestbedError(
        .request,
        "--bottleneck has to name each of the hosts 0 to \(hostCount - 1) once; it names "
          + sides.map { $0.map(String.init).joined(separator: ",") }.joined(separator: "|"))
    }
  }
}
