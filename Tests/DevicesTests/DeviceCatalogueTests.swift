import Devices
import Quantities
import Testing

@Suite struct DeviceCatalogueTests {
  static let required = [
    "raspberry-pi-5", "jetson-orin-nano", "jetson-orin-nx", "jetson-agx-orin", "iphone-15-pro", "iphone-16-pro",
    "mac-m1", "mac-m2-ultra", "mac-m3-max", "mac-m4-max", "rtx-3090", "rtx-4090", "a100-sxm-40gb", "a100-sxm-80gb",
    "h100-pcie", "h100-sxm", "h200-sxm", "mi300x", "l40s", "cpu-server", "raspberry-pi-4",
    "raspberry-pi-cm5", "mac-m3-ultra", "mac-m4-pro", "ryzen-ai-max-395", "rtx-2080-ti", "rtx-3070", "rtx-5090", "l4",
    "a10g", "h20", "b200",
    "gb200", "mi250x-gcd",
  ]

  @Test("ids are unique and in kebab case")
  func idsAreUniqueAndInKebabCase() {
    let ids = DeviceCatalogue.all.map(\.id)
    #expect(Set(ids).count == ids.count)
    #expect(Set(Self.required).isSubset(of: ids))
    for id in ids { #expect(id.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*/) != nil, "\(id)") }
  }

  @Test("every figure is possible and has a source", arguments: DeviceCatalogue.all)
  func everyFigureIsPossibleAndHasASource(device: DeviceSpecification) throws {
    try device.validate()
    #expect(!device.displayName.isEmpty)
    let listing = device.listing
    #expect(Set(listing.map(\.field)).count == listing.count)
    for entry in listing {
      #expect(!entry.source.text.isEmpty, "\(device.id) \(entry.field)")
      #expect(entry.source.kind != .override, "\(device.id) \(entry.field)")
      #expect(entry.source.url?.hasPrefix("https://") ?? true, "\(device.id) \(entry.field)")
      #expect(!entry.value.hasPrefix("0 ") && !entry.value.hasPrefix("-"), "\(device.id) \(entry.field) \(entry.value)")
    }
    #expect(device.computeEfficiency.value.value <= 1)
    #expect(device.memoryEfficiency.value.value <= 1)
  }

  /// What a cluster file could say is what the catalogue prints: each printed figure can be set again.
  @Test("every printed figure can be read", arguments: DeviceCatalogue.all)
  func everyPrintedFigureCanBeRead(device: DeviceSpecification) throws {
    let fields = device.listing.map { ($0.field.rawValue, $0.value) }
    let again = try device.overriding(fields)
    #expect(again.listing.map(\.value) == device.listing.map(\.value))
    #expect(again.listing.allSatisfy { $0.source == .clusterFile })
  }

  @Test("published figures")
  func publishedFigures() throws {
    func peak(_ id: String, _ type: ElementType) throws -> String {
      try DeviceCatalogue.device(id).peak(for: type).value.description
    }
    #expect(try peak("h100-sxm", .bfloat16) == "989.4 TFLOPS")
    #expect(try peak("a100-sxm-80gb", .float16) == "312 TFLOPS")
    #expect(try peak("mi300x", .bfloat16) == "1.307 PFLOPS")
    #expect(try peak("rtx-4090", .bfloat16) == "165.2 TFLOPS")
    #expect(try peak("jetson-agx-orin", .float32) == "5.325 TFLOPS")
    #expect(try peak("jetson-agx-orin", .int8) == "85.2 TFLOPS")
    #expect(try peak("jetson-orin-nano", .int8) == "20.48 TFLOPS")
    #expect(try peak("mac-m1", .float32) == "2.617 TFLOPS")
    #expect(try peak("raspberry-pi-5", .float32) == "153.6 GFLOPS")
    #expect(try peak("raspberry-pi-4", .int8) == "57.6 GFLOPS")
    #expect(try peak("b200", .float4) == "9 PFLOPS")
    #expect(try peak("h100-sxm", .float4) == "1.979 PFLOPS")
    #expect(try peak("rtx-2080-ti", .bfloat16) == "14.2 TFLOPS")
    #expect(try DeviceCatalogue.device("h200-sxm").memoryBandwidth.value.byteRateDescription == "4.8 TB/s")
    #expect(try DeviceCatalogue.device("jetson-orin-nano").memory.value.binaryDescription == "8 GiB")
  }

  @Test("related devices relate")
  func relatedDevicesRelate() throws {
    let h100 = try DeviceCatalogue.device("h100-sxm")
    let h200 = try DeviceCatalogue.device("h200-sxm")
    let a100 = try DeviceCatalogue.device("a100-sxm-80gb")
    let small = try DeviceCatalogue.device("a100-sxm-40gb")
    for type in ElementType.allCases {
      #expect(h200.peak(for: type).value == h100.peak(for: type).value)
      #expect(small.peak(for: type).value == a100.peak(for: type).value)
    }
    #expect(h200.memoryBandwidth.value > h100.memoryBandwidth.value)
    #expect(h200.memory.value > h100.memory.value)
    #expect(small.memoryBandwidth.value < a100.memoryBandwidth.value)
    // float64 by cuBLAS: on tensor cores where there are any for it, otherwise on a few units of their own.
    #expect(h100.peak(for: .float64).value == ComputeRate(flopsPerSecond: 67e12))
    let desktop = try DeviceCatalogue.device("rtx-4090")
    #expect(desktop.peak(for: .float64).value < desktop.peak(for: .float32).value)
    for device in DeviceCatalogue.all {
      // Narrower types are never slower.
      #expect(device.peak(for: .float16).value >= device.peak(for: .float32).value, "\(device.id)")
      #expect(device.peak(for: .int8).value >= device.peak(for: .float16).value, "\(device.id)")
    }
  }

  @Test("unknown devices are refused with the nearest")
  func unknownDevicesAreRefusedWithTheNearest() {
    func message(_ id: String) -> String? {
      do throws(DeviceError) {
        _ = try DeviceCatalogue.device(id)
        return nil
      } catch {
        return error.description
      }
    }
    #expect(
      message("jetson-orin-nan")
        == "unknown device \"jetson-orin-nan\": did you mean \"jetson-orin-nano\"? (uniference devices lists all)")
    #expect(
      message("jetson")
        == "unknown device \"jetson\": did you mean \"jetson-orin-nano\", \"jetson-orin-nano-super\", \"jetson-orin-nx\" or "
        + "\"jetson-agx-orin\"? (uniference devices lists all)")
    #expect(message("toaster") == "unknown device \"toaster\" (uniference devices lists all)")
    #expect(message("h100-sxm") == nil)
  }
}
