import Documents
import Quantities

extension LinkChange {
  init(_ value: DocumentValue, links: LinkNames) throws(DocumentError) {
    let fields = try DocumentFields(
      value, of: "a change's fields", allowed: ["link", "at", "bandwidth", "down_until"])
    let link = try links.link(called: fields.required("link", example: "host0->switch"))
    let time = try fields.required("at", example: "1 s").quantity(Duration.self, .notNegative)
    switch (fields["bandwidth"], fields["down_until"]) {
    case (let bandwidth?, nil):
      self.init(link: link, at: time, .bandwidth(try bandwidth.quantity(Bandwidth.self, FieldLimits.bandwidth)))
    case (nil, let end?):
      if try end.text("a time or the word never") == "never" {
        self.init(link: link, at: time, .outage(until: nil))
        return
      }
      let until = try end.quantity(Duration.self, .positive)
      guard until > time else {
        throw end.error(
          "\(end.shown) is not allowed: the outage begins at \(time.shortDescription), so it must end later")
      }
      self.init(link: link, at: time, .outage(until: until))
    default:
      throw value.error("give one of bandwidth (the new one) and down_until (when an outage ends, or never)")
    }
  }
}

extension DeviceFailure {
  /// - Parameter ranks: those of the cluster's devices by name.
  init(_ value: DocumentValue, in cluster: Cluster, ranks: [String: Int]) throws(DocumentError) {
    let fields = try DocumentFields(value, of: "a failure's fields", allowed: ["device", "at"])
    let device = try fields.required("device", example: cluster.devices.first?.name ?? "jetson-0")
    let name = try device.text("the name of a device")
    guard let rank = ranks[name] else {
      throw device.error(unknownDeviceMessage(name, known: cluster.devices.map(\.name)))
    }
    self.init(device: rank, at: try fields.required("at", example: "5 s").quantity(Duration.self, .notNegative))
  }
}
