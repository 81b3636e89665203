import Devices
import Foundation
import Models
import Network
import Reports
import Testing

@testable import UniferenceCommand

@Suite struct PrintingTests {
  @Test("every device of the catalogue has a line")
  func everyDeviceOfTheCatalogueHasALine() {
    let text = catalogueTable(DeviceCatalogue.all)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (device, line) in zip(DeviceCatalogue.all, lines.dropFirst(2)) {
      #expect(line.hasPrefix(device.id) && line.contains(device.displayName))
    }
    #expect(
      lines[2] == "raspberry-pi-4         │ Raspberry Pi 4 Model B 8 GB (CPU)               │    8 GiB [1] │   "
        + "12.8 GB/s [2] │   57.6 GFLOPS [3] │   6.4 W [4]")
    #expect(text.contains("\n[1] Raspberry Pi 4 Model B product brief, 8 GB variant (https://www.raspberrypi.com/"))
  }

  @Test("every citation has its source")
  func everyCitationHasItsSource() {
    let text = catalogueTable(DeviceCatalogue.all)
    let cited = Set(text.matches(of: #/ \[([0-9]+)\]/#).compactMap { Int($0.1) })
    let explained = text.split(separator: "\n").compactMap {
      $0.firstMatch(of: /^\[([0-9]+)\] ./).flatMap { Int($0.1) }
    }
    #expect(cited == Set(explained))
    #expect(explained == Array(1...explained.count))
  }

  @Test("measured tables behind a device, and that there are none")
  func measuredTables() throws {
    let listing = try KernelTableListing(devices: [try DeviceCatalogue.device("h100-sxm")])
    let text = listing.text(TableFormat())
    #expect(text.hasPrefix("h100-sxm: measured on NVIDIA H100 80GB HBM3\n"))
    #expect(text.contains("matrix multiplication") && text.contains("35700") && text.contains("TensorRT-LLM 1.3.0rc20"))
    #expect(text.contains("Source: aisimulate 0.13.0") && text.contains("Apache-2.0"))
    #expect(listing.devices[0].tables.allSatisfy { $0.points > 1000 })
    let none = try KernelTableListing(devices: [try DeviceCatalogue.device("raspberry-pi-5")])
    #expect(none.devices.isEmpty)
    #expect(none.text(TableFormat()).hasPrefix("raspberry-pi-5 has no tables of measured kernel times;"))
    #expect(try KernelTableListing(devices: DeviceCatalogue.all).devices.count == 6)
  }

  @Test("one device")
  func oneDevice() throws {
    let text = figureTable(try DeviceCatalogue.device("jetson-orin-nano"))
    let lines = text.split(separator: "\n")
    #expect(lines[0] == "jetson-orin-nano: NVIDIA Jetson Orin Nano 8 GB (15 W)")
    #expect(lines[1] == "figure                  │        value │ source │ meaning")
    #expect(lines[3] == "memory                  │        8 GiB │ [1]    │ capacity of the memory that holds tensors")
    #expect(lines.last == "[11] assumption: a gigabit Ethernet interface takes about 0.5 W at 1 Gbps")
  }

  @Test("devices as JSON")
  func devicesAsJSON() throws {
    let text = try jsonText(DeviceListing(devices: DeviceCatalogue.all))
    let object = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let devices = try #require(object["devices"] as? [[String: Any]])
    #expect(devices.compactMap { $0["id"] as? String } == DeviceCatalogue.all.map(\.id))
    let h100 = try #require(devices.first { $0["id"] as? String == "h100-sxm" }?["figures"] as? [String: [String: Any]])
    #expect(h100["memory"]?["value"] as? Double == Double(80 << 30))
    #expect(h100["memory_bandwidth"]?["value"] as? Double == 3.35e12)
    #expect(h100["launch_overhead"]?["unit"] as? String == "s")
    for (device, listed) in zip(DeviceCatalogue.all, devices) {
      let figures = try #require(listed["figures"] as? [String: [String: Any]])
      #expect(Set(figures.keys) == Set(device.listing.map(\.field.rawValue)))
      #expect(figures.values.allSatisfy { ($0["source"] as? String)?.isEmpty == false })
    }
  }

  @Test("models")
  func models() throws {
    let models = LlamaConfiguration.presets.map { ModelListing.Model($0.configuration, source: $0.source) }
    let lines = modelTable(models).split(separator: "\n")
    #expect(
      lines[2] == "llama-3.1-8b      │     8 030 261 248 │     32 │   4096 │    32 │        8 │ 16.1 GB │ bfloat16 │ "
        + "https://huggingface.co/meta-llama/Llama-3.1-8B/blob/main/config.json")
    #expect(lines.count == 2 + models.count)
    #expect(
      modelDetails(models[0]) == """
        llama-3.1-8b               │
        ───────────────────────────┼──────────────
        parameters                 │ 8 030 261 248
        parameters of a layer      │   218 112 000
        layers                     │            32
        hidden size                │          4096
        intermediate size          │         14336
        attention heads            │            32
        key-value heads            │             8
        head size                  │           128
        vocabulary                 │       128 256
        longest context            │       131 072
        tied embeddings            │            no
        dtype                      │      bfloat16
        weights                    │       16.1 GB
        key-value cache of a token │        131 kB
        Source: https://huggingface.co/meta-llama/Llama-3.1-8B/blob/main/config.json

        """)
    let object = try JSONSerialization.jsonObject(with: Data(try jsonText(models[1]).utf8)) as? [String: Any]
    #expect(object?["parameters"] as? Int == 70_553_706_496)
  }

  @Test("flows")
  func flows() throws {
    let flowCase = FlowCase(
      links: [.init(id: "cable", bandwidth_Bps: 100, latency_s: 0.5)],
      flows: [
        .init(id: "a", start_s: 0, bytes: 100, links: ["cable"]),
        .init(id: "b", start_s: 0, bytes: 200, links: ["cable"]),
      ])
    let times = try flowCase.finishTimes()
    #expect(
      try jsonText(FlowTimes(flowCase, times)) == """
        {
          "finish_s" : {
            "a" : 2.5,
            "b" : 3.5
          }
        }
        """)
    #expect(
      flowTable(flowCase, times) == """
        flow │ start │ bytes │ finish
        ─────┼───────┼───────┼───────
        a    │   0 s │   100 │  2.5 s
        b    │   0 s │   200 │  3.5 s

        """)
  }

  @Test("tables fit", arguments: [80, 100, 120, 200])
  func tablesFit(width: Int) throws {
    let format = TableFormat(width: width)
    let models = LlamaConfiguration.presets.map { ModelListing.Model($0.configuration, source: $0.source) }
    let texts =
      [catalogueTable(DeviceCatalogue.all, format), modelTable(models, format)]
      + DeviceCatalogue.all.map { figureTable($0, format) } + models.map { modelDetails($0, format) }
    for line in texts.flatMap({ $0.split(separator: "\n") }) where !line.contains("://") {
      #expect(line.count <= width, "\(line)")
    }
    // What a device is called is worth more than the room for its figures' sources beside them.
    let catalogue = catalogueTable(DeviceCatalogue.all, format)
    #expect(catalogue.contains("│ Raspberry Pi 5") == (width >= 100))
    #expect(catalogue.contains("Left out for want of width: device") == (width < 100))
  }

  @Test("numbers in groups")
  func numbersInGroups() {
    #expect(
      [0, 12, 123, 1234, -123_456, 8_030_261_248].map(grouped) == [
        "0", "12", "123", "1 234", "-123 456", "8 030 261 248",
      ])
  }
}
