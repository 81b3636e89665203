import Foundation
import Hosts
import Quantities
import Uniference

/// The cluster file of a calibration: for people, too, with a comment after each figure that says how sure it is.
public struct ClusterDocument {
  /// What stands before the ends of an interval in a figure's comment. ``FittedParameters`` has them as data; of files of
  /// former versions ``FormerFigures`` reads the comments.
  static let intervalMark = "95%: "

  private let calibration: Calibration
  private let name: String

  /// - Parameter name: the cluster's.
  public init(_ calibration: Calibration, name: String) {
    self.calibration = calibration
    self.name = name
  }

  /// The file.
  public var text: String {
    (head + ["name: \(quoted(name))", "devices:"] + calibration.devices.entries.indices.flatMap(device)
      + network).joined(separator: "\n") + "\n"
  }

  /// A file of the transport alone, for `network.transport` of other clusters.
  public var transportText: String {
    (head + transport(indent: 0)).joined(separator: "\n") + "\n"
  }

  private var head: [String] {
    let measurements = calibration.measurements
    let hosts = measurements.hosts.enumerated().map { "#   rank \($0): \($1.description)" }
    return [
      "# Measured from \(measurements.began) on for \(measurements.took.shortDescription), and fitted by "
        + "uniference calibrate \(UniferenceVersion.current)."
    ] + hosts + [
      "# After a figure stands where it lies with a probability of 95%. Documentation/calibration.md says how each was found."
    ] + calibration.remarks.map { "# * \($0)" }
  }

  // MARK: Devices

  private func device(_ index: Int) -> [String] {
    let entry = calibration.devices.entries[index]
    let host = entry.host
    var lines = ["  - name: \(quoted(entry.name))"]
    if entry.count > 1 { lines.append("    count: \(entry.count)") }
    lines.append(line(4, "model: cpu-server", "what is not given below is as in the catalogue"))
    if entry.speed != 1 {
      lines.append(line(4, "speed: \(entry.speed)", "the same kernels beside those of the first device of its kind"))
    }
    lines.append(line(4, "memory: \(DataSize(bytes: host.memory_bytes))", "as the system says"))
    lines.append(
      line(
        4, "reserved_memory: \(DataSize(bytes: max(0, host.memory_bytes - host.available_bytes)))",
        "in use when the measuring began"))
    for value in entry.figures {
      if case .device(_, let parameter) = value.key { lines.append(figure(4, parameter.rawValue, value)) }
    }
    if !entry.figures.isEmpty {
      lines.append(line(4, "compute_efficiency: 1", "the rates are those that operations reach"))
      lines.append("    memory_efficiency: 1")
    }
    return lines
  }

  // MARK: Network

  private var network: [String] {
    let model = calibration.model
    var lines = ["network:", "  topology: switch"]
    lines.append(line(2, "duplex: \(model.isFullDuplex ? "full" : "half")", "by sending both ways at once"))
    lines.append("  link:")
    let link = calibration.values.compactMap { value -> (parameter: LinkParameter, value: FittedValue)? in
      if case .link(let parameter, cluster: 0) = value.key { (parameter, value) } else { nil }
    }
    if !link.contains(where: { $0.parameter == .bandwidth }) {
      lines.append(line(4, "bandwidth: \(FigureUnit.bandwidth.text(model.bytesPerSecond))", "as it was stated"))
    }
    if !link.contains(where: { $0.parameter == .burst }), model.burstBytes > 0 {
      lines.append(line(4, "burst: \(Int(model.burstBytes)) B", "as it was stated"))
    }
    if model.packetBytes > 0 { lines.append(line(4, "packet: \(Int(model.packetBytes)) B", "as it was stated")) }
    lines += link.map { figure(4, $0.parameter.rawValue, $0.value) }
    if !calibration.rates.slower.isEmpty { lines += slowerLinks }
    return lines + ["  transport:"] + transport(indent: 4)
  }

  private var slowerLinks: [String] {
    ["  links:"]
      + calibration.rates.slower.sorted { $0.key < $1.key }.map { rank, rate in
        line(4, "\(quoted(deviceName(of: rank))): {bandwidth: \(FigureUnit.bandwidth.text(rate))}", "by its streams")
      }
  }

  private func deviceName(of rank: Int) -> String {
    let entries = calibration.devices.entries
    let entry = entries.last { $0.firstRank <= rank } ?? entries[0]
    return entry.count > 1 ? "\(entry.name)-\(rank - entry.firstRank)" : entry.name
  }

  private func transport(indent: Int) -> [String] {
    let profile = calibration.model.profile
    var lines = [line(indent, "name: gloo-measured", ""), line(indent, "base: gloo-tcp", "what is not given below")]
    if let machines = calibration.measurements.machines {
      lines.append(line(indent, "measured_on: \(quoted(machines))", ""))
    }
    if let threshold = profile.wire.rendezvousThresholdBytes {
      lines.append(line(indent, "rendezvous_threshold: \(threshold) B", "by letting the sender wait"))
    } else {
      lines.append(line(indent, "rendezvous_threshold: never", "by letting the sender wait"))
    }
    lines.append(line(indent, "header: \(profile.wire.headerBytes) B", "as gloo's"))
    lines.append(line(indent, "clear_to_send: \(profile.wire.clearToSendBytes) B", "as gloo's"))
    if let cores = profile.host.sharedCores {
      lines.append(line(indent, "shared_cores: \(cores)", "as it was stated"))
    }
    if profile.host.progress == .weak {
      lines.append(line(indent, "progress: weak", "as it was stated"))
    }
    let overshoot = profile.host.sleepOvershootPicoseconds
    if overshoot > 0 {
      lines.append(
        line(indent, "sleep_overshoot: \(FigureUnit.duration.text(Double(overshoot) * 1e-12))", "as measured"))
    }
    if let bytes = profile.wire.sendBufferBytes {
      lines.append(line(indent, "send_buffer: \(DataSize(bytes: bytes))", "assumed"))
    }
    return lines + costs(indent: indent) + wireFactors(indent: indent)
  }

  /// What was fitted of the transport but for the wire's factors.
  private func costs(indent: Int) -> [String] {
    let host = calibration.model.profile.host
    let delays: [TransportParameter: DelayAfter] = [.cStateExit: host.cStateExit, .coldCache: host.coldCache]
    var lines: [String] = []
    var section: String?
    for value in calibration.values {
      guard case .transport(let parameter) = value.key, !parameter.isWireFactor else { continue }
      let place = parameter.place
      if let new = place.section, new != section { lines.append(line(indent, "\(new):", "")) }
      section = place.section ?? section
      lines.append(figure(indent + (place.section == nil ? 0 : 2), place.field, value))
      if let delay = delays[parameter] {
        let after = FigureUnit.duration.text(Double(delay.afterPicoseconds) * 1e-12)
        lines.append(line(indent + 2, "after: \(after)", "assumed"))
      }
    }
    return lines
  }

  private func wireFactors(indent: Int) -> [String] {
    let sizes = NetworkParameter.wireSizes
    return [line(indent, "wire_factor:", "bytes on the wire for each of payload, by payload")]
      + sizes.indices.map { index in
        let factor = formatNumber(calibration.model.wireFactors[index], significantDigits: 5)
        let value = calibration.values.first { $0.key == .transport(.wireFactor(index)) }
        return line(
          indent + 2, "- [\(sizes[index]) B, \(factor)]", value.map(comment) ?? "given: 1514 bytes on Ethernet for 1448"
        )
      }
  }

  // MARK: Lines

  private func figure(_ indent: Int, _ name: String, _ value: FittedValue) -> String {
    line(indent, "\(name): \(value.text)", comment(value))
  }

  private func comment(_ value: FittedValue) -> String {
    Self.intervalMark + value.intervalText + (value.isUndetermined ? "; the measurements say little of it" : "")
  }

  private func line(_ indent: Int, _ text: String, _ comment: String) -> String {
    let start = String(repeating: " ", count: indent) + text
    guard !comment.isEmpty else { return start }
    return start + String(repeating: " ", count: max(2, 40 - start.count)) + "# \(comment)"
  }

  private func quoted(_ text: String) -> String {
    let isPlain = text.first?.isLetter == true && text.allSatisfy { $0.isLetter || $0.isNumber || "-_.".contains($0) }
    return isPlain ? text : "'\(text.replacing("'", with: "''"))'"
  }
}
