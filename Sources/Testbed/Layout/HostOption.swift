import Quantities

/// Values that options give for single hosts.
public enum HostOption {
  /// Reads `1=100 Mbps`: a host and the rate of its link.
  public static func linkRate(_ text: String) throws(TestbedError) -> (host: Int, rate: Bandwidth) {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2, let host = Int(parts[0]) else {
      throw TestbedError(
        .request, "--link-rate \"\(text)\" is not a host and a rate; write for example 1=\"100 Mbps\"")
    }
    do { return (host, try Bandwidth(parsing: parts[1], .positive)) } catch {
      throw TestbedError(.request, "--link-rate: \(error)")
    }
  }

  /// Reads `50%:1`, a share and the host that has it, or `50%`, which is every host's.
  public static func cpuShare(_ text: String) throws(TestbedError) -> (host: Int?, share: Double) {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    let host = parts.count == 2 ? Int(parts[1]) : nil
    guard !parts.isEmpty, parts.count == 1 || host != nil else {
      throw TestbedError(
        .request, "--cpu-share \"\(text)\" is not a share and a host; write for example 50%:1, or 50% for all hosts")
    }
    do { return (host, try Ratio(parsing: parts[0], .positiveFraction).value) } catch {
      throw TestbedError(.request, "--cpu-share: \(error)")
    }
  }
}
