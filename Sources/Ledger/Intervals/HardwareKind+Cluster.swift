import Devices
import Uniference

extension HardwareKind {
  /// The one kind of all devices; `nil` for unequal ones, for those that are described by their figures alone, and for
  /// those on which computing takes no time.
  init?(of devices: some Sequence<ClusterDevice>) {
    let kinds = Set(devices.map { $0.compute == .roofline ? $0.specification.hardware : nil })
    guard kinds.count == 1, let kind = kinds.first, let kind else { return nil }
    self = kind
  }
}
