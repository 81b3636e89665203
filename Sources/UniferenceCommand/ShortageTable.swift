import Foundation
import Predictions
import Quantities
import Reports
import Uniference

/// What strategies that do not fit would need in all of the devices that lack it: a row for each strategy and each group of
/// devices that need the same. Empty where all fit.
func shortageLines(_ needs: [(strategy: String, devices: [MemoryNeed]?)], _ format: TableFormat) -> [String] {
  var table = TextTable(columns: [
    .init("does not fit"), .init("device"), .init("weights", .right), .init("KV cache", .right, leftOut: 2),
    .init("activations", .right, leftOut: 1), .init("needed in all", .right), .init("usable", .right),
  ])
  var isEmpty = true
  for (strategy, devices) in needs {
    for (index, (need, names)) in alike((devices ?? []).filter { !$0.fits }).enumerated() {
      isEmpty = false
      table.append([
        index == 0 ? strategy : "", names.abbreviated(to: 3), size(need.weights_bytes),
        size(need.key_value_cache_bytes), size(need.activations_bytes), size(need.bytes), size(need.usable_bytes),
      ])
    }
  }
  return isEmpty ? [] : ["", table.rendered(format).trimmingCharacters(in: .newlines)]
}

/// The cell of a table of predictions for a strategy that does not fit: the part that lacks most.
func shortageCell(_ needs: [MemoryNeed]?) -> String {
  let lacking = (needs ?? []).filter { !$0.fits }
  guard let need = lacking.max(by: { $0.bytes - $0.usable_bytes < $1.bytes - $1.usable_bytes }) else { return "no" }
  return "no, needs \(size(need.bytes))"
}

private func size(_ bytes: Int) -> String { "\(DataSize(bytes: bytes))" }

/// Needs that differ in their device alone are one, in the order in which they come.
private func alike(_ needs: [MemoryNeed]) -> [(need: MemoryNeed, devices: [String])] {
  var groups: [(need: MemoryNeed, devices: [String])] = []
  for need in needs {
    if let index = groups.firstIndex(where: { $0.need.isAlike(need) }) {
      groups[index].devices.append(need.device)
    } else {
      groups.append((need, [need.device]))
    }
  }
  return groups
}

extension MemoryNeed {
  fileprivate func isAlike(_ other: MemoryNeed) -> Bool {
    (weights_bytes, key_value_cache_bytes, activations_bytes, usable_bytes)
      == (other.weights_bytes, other.key_value_cache_bytes, other.activations_bytes, other.usable_bytes)
  }
}
