import Devices
import Foundation
import Models
import Network
import SimulationKernel
import Testing
import Uniference

@testable import Predictions

/// Which devices play a strategy's parts: a matter of the devices and their network, not of the order of a list.
@Suite struct PlacementTests {
  private let configuration = LlamaConfiguration.preset("smollm2-135m")

  private func experiment(
    _ strategy: ParallelStrategy, on devices: [ClusterDevice], _ network: ClusterNetwork
  ) throws -> Experiment {
    Experiment(
      modelName: "smollm2-135m",
      workload: TextGeneration(
        model: try #require(configuration), shape: try LlamaWorkload(promptLength: 16, generatedTokenCount: 4)),
      strategy: strategy, cluster: Cluster(devices: devices, network: network))
  }

  private func named(_ name: String, _ specification: DeviceSpecification) -> ClusterDevice {
    ClusterDevice(name: name, specification)
  }

  private var wifi: ClusterNetwork { .wifi(bandwidth: .megabitsPerSecond(300), latency: .milliseconds(3)) }

  private var mixed: [ClusterDevice] {
    [
      named("phone-0", .raspberryPi5), named("phone-1", .raspberryPi5), named("laptop", .jetsonAGXOrin),
      named("board", .jetsonOrinNano),
    ]
  }

  @Test(
    "the order of devices does not matter",
    arguments: [
      ParallelStrategy.single, .tensor(3), .pipeline(2), .pipeline(4), .sequence(degree: 2, overlapped: true),
    ])
  func theOrderOfDevicesDoesNotMatter(strategy: ParallelStrategy) throws {
    var generator = RandomStream(seed: 7, stream: 1)
    var results: Set<String> = []
    for trial in 0..<6 {
      var devices = mixed
      if trial > 0 { devices.shuffle(using: &generator) }
      let prediction = try experiment(strategy, on: devices, wifi).predict()
      let rate = try #require(prediction[.tokensPerSecond])
      results.insert("\(prediction.runs_on) \(formatNumber(rate, significantDigits: 6))")
    }
    #expect(results.count == 1, "\(strategy): \(results)")
  }

  @Test("a single device is the fastest that holds the model")
  func aSingleDeviceIsTheFastestThatHoldsTheModel() throws {
    #expect(try experiment(.single, on: mixed, wifi).predict().runs_on == ["laptop"])
    var devices = mixed
    devices[2].specification = try devices[2].specification.overriding([
      ("memory", "1 GB"), ("reserved_memory", "0.9 GB"),
    ])
    #expect(try experiment(.single, on: devices, wifi).predict().runs_on == ["board"])
  }

  @Test("parts are close to each other")
  func partsAreCloseToEachOther() throws {
    // Two fast pairs, each on a switch of its own, far apart; the list takes turns between them.
    func cable(_ from: String, _ to: String, _ latency: Duration) -> Topology.Cable {
      Topology.Cable(
        from: from, to: to, link: Link(bandwidth: .gigabitsPerSecond(1), latency: latency), kind: .fullDuplex)
    }
    let near = Duration.microseconds(50)
    let network = ClusterNetwork(
      topology: .graph(cables: [
        cable("a", "east", near), cable("c", "east", near), cable("b", "west", near), cable("d", "west", near),
        cable("east", "west", .milliseconds(20)),
      ]))
    for names in [["a", "b", "c", "d"], ["d", "c", "b", "a"]] {
      let devices = names.map { named($0, .jetsonOrinNano) }
      #expect(try experiment(.pipeline(2), on: devices, network).predict().runs_on == ["a", "c"])
    }
  }

  @Test("equal devices leave no choice")
  func equalDevicesLeaveNoChoice() throws {
    let devices = (0..<4).map { named("jetson-\($0)", .jetsonOrinNano) }
    for strategy in [ParallelStrategy.single, .tensor(3), .pipeline(2), .pipeline(4)] {
      let prediction = try experiment(strategy, on: devices, wifi).predict()
      #expect(prediction.placements_tried == 1)
      #expect(prediction.runs_on == devices.prefix(strategy.deviceCount).map(\.name))
    }
  }

  @Test("where the order is the network it stays")
  func whereTheOrderIsTheNetworkItStays() throws {
    let ring = ClusterNetwork(
      topology: .ring(link: Link(bandwidth: .gigabitsPerSecond(1), latency: .microseconds(100))))
    let prediction = try experiment(.pipeline(4), on: mixed, ring).predict()
    #expect(prediction.runs_on == mixed.map(\.name) && prediction.placements_tried == 1)
    #expect(try experiment(.single, on: mixed, ring).predict().runs_on == ["laptop"])
  }

  @Test("the best of the tried placements is taken")
  func theBestOfTheTriedPlacementsIsTaken() throws {
    let experiment = try experiment(.pipeline(2), on: mixed, wifi)
    let candidates = try experiment.candidates()
    #expect(candidates.count > 1)
    let rates = try candidates.map {
      try #require(try experiment.predict(on: $0, tried: nil, options: SimulationOptions())[.tokensPerSecond])
    }
    let chosen = try experiment.predict()
    #expect(chosen.placements_tried == candidates.count)
    #expect(chosen[.tokensPerSecond] == rates.max())
  }

  @Test("encoders choose their devices too")
  func encodersChooseTheirDevicesToo() throws {
    let model = try BertConfiguration(
      huggingFace: Data(
        """
        {"model_type": "bert", "hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12,
         "intermediate_size": 1536, "vocab_size": 30522}
        """.utf8), file: "config.json")
    let workload = try SentenceWorkload(batchSize: 2, length: 64)
    for devices in [mixed, mixed.reversed()] {
      let prediction = try Experiment(
        modelName: "minilm", workload: EncoderTask.sentences(model, workload, nil, normalizes: true), strategy: .single,
        cluster: Cluster(devices: devices, network: wifi)
      ).predict()
      #expect(prediction.runs_on == ["laptop"])
    }
  }

  @Test(
    "numbers in names count as numbers",
    arguments: [
      ("phone-2", "phone-10", true), ("phone-10", "phone-2", false), ("a", "b", true), ("a-1", "a", false),
      ("node1-gpu10", "node1-gpu9", false), ("007", "7", true),
    ])
  func numbersInNamesCountAsNumbers(left: String, right: String, isBefore: Bool) {
    #expect(naturallyPrecedes(left, right) == isBefore)
  }
}
