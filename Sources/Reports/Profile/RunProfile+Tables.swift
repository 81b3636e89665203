import Quantities

extension RunProfile {
  /// A table with what it shows above it.
  public struct Section: Sendable {
    /// What the table shows.
    public let title: String
    /// The table.
    public let table: TextTable
    /// How many rows were left out.
    public let omitted: Int

    /// A section of which no row is left out unless told.
    public init(_ title: String, _ table: TextTable, omitted: Int = 0) {
      self.title = title
      self.table = table.withoutEmptyColumns()
      self.omitted = omitted
    }
  }

  /// The profile for people: devices, phases, parts of the model, operations, collectives, calls, and who waits for whom.
  /// Sections of which there is nothing to show are left out.
  ///
  /// - Parameter limit: how many rows a section has at most; `nil` for all.
  public func sections(limit: Int? = 12) -> [Section] {
    let all: [Section?] = [
      deviceSection(limit), phaseSection, layerSection(limit), operationSection(limit), communicationSection(limit),
      callSection(limit), waitSection(limit),
    ]
    return all.compactMap(\.self)
  }

  private func deviceSection(_ limit: Int?) -> Section? {
    var table = TextTable(columns: [
      .init("rank", .right), .init("device"), .init("computing", .right), .init("waiting for ranks", .right),
      .init("network", .right), .init("other", .right, leftOut: 1), .init("ends at", .right),
    ])
    for device in devices.prefix(limit ?? .max) {
      table.append(
        ["\(device.rank)", device.device] + shares(of: device.use, in: device.end_s) + [time(device.end_s)])
    }
    return Section("What devices did", table, omitted: omitted(devices.count, limit))
  }

  private var phaseSection: Section? {
    guard !phases.isEmpty else { return nil }
    var table = TextTable(columns: [
      .init("phase"), .init("begins at", .right, leftOut: 3), .init("ends at", .right),
      .init("ranks", .right, leftOut: 2),
      .init("computing", .right), .init("waiting for ranks", .right), .init("network", .right),
      .init("other", .right, leftOut: 1),
    ])
    for phase in phases {
      table.append(
        [phase.name, time(phase.start_s), time(phase.end_s), "\(phase.ranks)"] + shares(of: phase.use, in: phase.rank_s)
      )
    }
    return Section("Phases", table)
  }

  /// Each part's time in all and what it is of the whole.
  private func shares(of use: Use, in whole: Double) -> [String] {
    [use.computing_s, use.waiting_for_ranks_s, use.network_s, use.other_s].map { part in
      part == 0 ? "-" : "\(time(part)) \(percent(part, of: whole))"
    }
  }

  // MARK: Parts of the model

  private func layerSection(_ limit: Int?) -> Section? {
    guard !layers.isEmpty else { return nil }
    var table = TextTable(columns: [
      .init("phase"), .init("part of the model"), .init("devices"), .init("times", .right, leftOut: 1),
      .init("each time", .right), .init("in sum", .right), .init("computing", .right, leftOut: 2),
    ])
    let groups = layerGroups
    for group in groups.prefix(limit ?? .max) {
      let (count, sum) = (group.reduce(0) { $0 + $1.count }, group.reduce(0) { $0 + $1.rank_s })
      table.append([
        group[0].phase, Self.name(of: group), group[0].devices.abbreviated(to: 3), "\(count)",
        time(sum / Double(count)),
        time(sum), percent(group.reduce(0) { $0 + $1.computing_s }, of: sum),
      ])
    }
    return Section("Parts of the model, in sum over ranks", table, omitted: omitted(groups.count, limit))
  }

  /// Consecutive layers that the same devices worked on as often and, within 2%, as long.
  private var layerGroups: [[Layer]] {
    var groups: [[Layer]] = []
    for phase in phases.map(\.name) + [""] {
      for layer in layers where layer.phase == phase {
        if let last = groups.last?.last, layer.continues(last) {
          groups[groups.count - 1].append(layer)
        } else {
          groups.append([layer])
        }
      }
    }
    return groups
  }

  private static func name(of group: [Layer]) -> String {
    guard let first = group.first?.number, let last = group.last?.number else { return group[0].name }
    return first == last ? "\(group[0].name) \(first)" : "\(group[0].name)s \(first) to \(last)"
  }

  // MARK: Operations

  /// A row for each operation, with its time in each phase where there are few.
  private func operationSection(_ limit: Int?) -> Section? {
    guard !operations.isEmpty else { return nil }
    let phaseNames = phases.map(\.name).filter { name in operations.contains { $0.phase == name } }
    let columns = (2...4).contains(phaseNames.count) ? phaseNames : []
    var table = TextTable(
      columns: [.init("operation"), .init("times", .right, leftOut: 1)] + columns.map { .init($0, .right, leftOut: 2) }
        + [.init("in sum", .right), .init("of computing", .right)])
    let computing = operations.reduce(0) { $0 + $1.rank_s }
    let byName = Dictionary(grouping: operations, by: \.name).map { (name: $0.key, parts: $0.value) }
      .sorted { left, right in
        let (first, second) = (left.parts.reduce(0) { $0 + $1.rank_s }, right.parts.reduce(0) { $0 + $1.rank_s })
        return first == second ? left.name < right.name : first > second
      }
    for (name, parts) in byName.prefix(limit ?? .max) {
      let sum = parts.reduce(0) { $0 + $1.rank_s }
      let inPhases = columns.map { phase in
        parts.first { $0.phase == phase }.map { time($0.rank_s) } ?? "-"
      }
      table.append(
        [name, "\(parts.reduce(0) { $0 + $1.count })"] + inPhases + [time(sum), percent(sum, of: computing)])
    }
    return Section("Operations, in sum over ranks", table, omitted: omitted(byName.count, limit))
  }

  // MARK: Communication

  private func communicationSection(_ limit: Int?) -> Section? {
    guard !communication.isEmpty else { return nil }
    var table = TextTable(columns: [
      .init("operation"), .init("group", leftOut: 2), .init("phase", leftOut: 3), .init("times", .right),
      .init("bytes each", .right, leftOut: 1), .init("each time", .right), .init("ranks idle for ranks", .right),
      .init("ranks idle for network", .right),
    ])
    for entry in communication.prefix(limit ?? .max) {
      let count = max(1, entry.count)
      table.append([
        entry.name, entry.group.isEmpty ? "-" : entry.group, entry.phase.isEmpty ? "-" : entry.phase, "\(entry.count)",
        DataSize(bytes: entry.bytes / count).payloadDescription, time(entry.rank_s / Double(count)),
        time(entry.waiting_for_ranks_s), time(entry.network_s),
      ])
    }
    return Section("Collectives and messages, in sum over ranks", table, omitted: omitted(communication.count, limit))
  }

  private func callSection(_ limit: Int?) -> Section? {
    guard !calls.isEmpty else { return nil }
    var table = TextTable(columns: [
      .init("call", wrapsTo: 24), .init("times", .right), .init("in the call", .right),
      .init("each time", .right, leftOut: 1),
      .init("computing before it", .right),
    ])
    for call in calls.prefix(limit ?? .max) {
      table.append([
        call.name, "\(call.count)", time(call.rank_s), time(call.rank_s / Double(max(1, call.count))),
        time(call.computing_before_s),
      ])
    }
    return Section("Calls of the script, in sum over ranks", table, omitted: omitted(calls.count, limit))
  }

  private func waitSection(_ limit: Int?) -> Section? {
    guard !waits.isEmpty else { return nil }
    var table = TextTable(columns: [
      .init("device"), .init("waits for"), .init("in"), .init("in sum", .right), .init("of its time", .right),
    ])
    for wait in waits.prefix(limit ?? .max) {
      table.append([
        devices[wait.rank].device, devices[wait.for_rank].device, wait.in_operation, time(wait.rank_s),
        percent(wait.rank_s, of: devices[wait.rank].end_s),
      ])
    }
    return Section("Who waits for whom", table, omitted: omitted(waits.count, limit))
  }

  // MARK: Texts

  private func omitted(_ count: Int, _ limit: Int?) -> Int { max(0, count - (limit ?? count)) }

  private func time(_ seconds: Double) -> String { Duration.nearest(seconds: seconds).shortDescription }

  private func percent(_ part: Double, of whole: Double) -> String {
    guard whole > 0 else { return "-" }
    let percent = 100 * part / whole
    return part > 0 && percent < 0.01 ? "<0.01%" : "\(formatNumber(percent, significantDigits: 3))%"
  }
}

extension RunProfile.Layer {
  fileprivate func continues(_ other: RunProfile.Layer) -> Bool {
    guard let number, let before = other.number, number == before + 1, name == other.name, phase == other.phase,
      devices == other.devices, count == other.count
    else { return false }
    return abs(rank_s - other.rank_s) <= 0.02 * max(rank_s, other.rank_s)
  }
}
