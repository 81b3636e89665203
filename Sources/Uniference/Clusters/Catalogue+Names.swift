import Devices

/// The catalogue's devices by name, for programs. Cluster files give the id: `jetson-orin-nano`.
extension DeviceSpecification {
  /// `raspberry-pi-5`.
  public static var raspberryPi5: DeviceSpecification { catalogued("raspberry-pi-5") }
  /// `jetson-orin-nano`, the 8 GB module at 15 W.
  public static var jetsonOrinNano: DeviceSpecification { catalogued("jetson-orin-nano") }
  /// `jetson-orin-nano-super`, the 8 GB module at 25 W.
  public static var jetsonOrinNanoSuper: DeviceSpecification { catalogued("jetson-orin-nano-super") }
  /// `jetson-orin-nx`, the 16 GB module at 25 W.
  public static var jetsonOrinNX: DeviceSpecification { catalogued("jetson-orin-nx") }
  /// `jetson-agx-orin`, the 64 GB module at 60 W.
  public static var jetsonAGXOrin: DeviceSpecification { catalogued("jetson-agx-orin") }
  /// `rtx-4090`.
  public static var rtx4090: DeviceSpecification { catalogued("rtx-4090") }
  /// `h100-sxm`.
  public static var h100SXM: DeviceSpecification { catalogued("h100-sxm") }
  /// `h200-sxm`.
  public static var h200SXM: DeviceSpecification { catalogued("h200-sxm") }
  /// `mi300x`.
  public static var mi300X: DeviceSpecification { catalogued("mi300x") }
  /// `cpu-server`.
  public static var cpuServer: DeviceSpecification { catalogued("cpu-server") }

  private static func catalogued(_ id: String) -> DeviceSpecification {
    guard let device = try? DeviceCatalogue.device(id) else {
      preconditionFailure("the catalogue has lost its device \(id)")
    }
    return device
  }
}
