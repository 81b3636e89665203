import Foundation
import Testing

@testable import Calibration

@Suite struct NetworkFitTests {
  /// What each figure is in ``Cases/known``.
  private static let truth: [String: Double] = [
    "network.link.latency": 12e-6, "network.transport.send.per_message": 37e-6,
    "network.transport.send.per_byte": 50e-12, "network.transport.receive.per_message": 23e-6,
    "network.transport.receive.per_byte": 80e-12, "network.transport.per_collective": 45e-6,
    "network.transport.reduce_per_byte": 120e-12, "network.transport.copy_per_byte": 90e-12,
    "network.transport.wire_factor[2]": 1.05, "network.transport.wire_factor[3]": 1.05,
  ]

  @Test("exact measurements give their model back")
  func exactMeasurementsGiveTheirModelBack() throws {
    let measurements = try Cases.measurements(Cases.measured(on: Cases.known))
    let result = try NetworkFit([measurements]).solve()
    for value in result.values {
      guard let truth = Self.truth[value.path] else { continue }
      #expect(abs(value.value / truth - 1) < 0.02, "\(value.path): \(value.text)")
    }
    #expect(result.points.allSatisfy { abs($0.residual) < 0.002 })
  }

  @Test("noisy measurements give intervals that hold the model", arguments: [1, 2] as [UInt64])
  func noisyMeasurementsGiveIntervalsThatHoldTheModel(seed: UInt64) throws {
    let measurements = try Cases.measurements(Cases.measured(on: Cases.known, noise: 0.01, seed: seed))
    let values = try NetworkFit([measurements]).solve().values
    let missed = values.filter { value in Self.truth[value.path].map { !value.interval.contains($0) } ?? false }
    #expect(missed.count <= 2, "\(missed.map { "\($0.path) \($0.intervalText)" })")
    #expect(values.filter { Self.truth[$0.path] != nil }.count == Self.truth.count)
  }

  @Test("a burst is found")
  func aBurstIsFound() throws {
    var model = Cases.known
    model.burstBytes = 15_000
    let result = try NetworkFit([Cases.measurements(Cases.measured(on: model))]).solve()
    #expect(abs(result.models[0].burstBytes / 15_000 - 1) < 0.05)
  }

  @Test("costs of C-states and clear to sends are found")
  func costsOfCStatesAndClearToSendsAreFound() throws {
    var model = Cases.known
    model.profile.host.cStateExit.picoseconds = 35_000_000
    model.profile.host.picosecondsPerCopy = 9_000_000
    model.profile.host.picosecondsPerClearToSend = 11_000_000
    model.profile.host.sharedCores = 2
    let figures = try Cases.measured(on: model)
    let result = try NetworkFit([Cases.measurements(figures, sharedCores: 2)]).solve()
    for (path, truth) in [("c_state_exit.latency", 35e-6), ("per_copy", 9e-6), ("per_clear_to_send", 11e-6)] {
      let value = result.values.first { $0.path == "network.transport.\(path)" }
      #expect(abs((value?.value ?? 0) / truth - 1) < 0.05, "\(path): \(value?.text ?? "missing")")
    }
    #expect(result.models[0].profile.host.sharedCores == 2)
  }

  @Test("bytes on the wire of known packets are given")
  func bytesOnTheWireOfKnownPacketsAreGiven() throws {
    var model = Cases.known
    (model.burstBytes, model.packetBytes) = (6000, 12_112)
    model.wireFactors = model.wireFactors.map { _ in 1514.0 / 1448.0 }
    model.profile.host.send.picosecondsPerByte = 0
    model.profile.host.receive.picosecondsPerByte = 0
    let measurements = try Cases.measurements(Cases.measured(on: model), burst: 6000, packet: 12_112)
    let result = try NetworkFit([measurements]).solve()
    #expect(
      !result.values.contains {
        $0.path.contains("wire_factor") || $0.path.hasSuffix("per_byte") && $0.path.contains("send")
      })
    #expect(result.points.allSatisfy { abs($0.residual) < 0.002 })
  }

  @Test("what the script itself needs is no part of a collective")
  func whatTheScriptItselfNeedsIsNoPartOfACollective()
    throws
  {
    let scripted = try Cases.measured(on: Cases.known).map { figure in
      guard FigureKind.collectives.contains(figure.kind) else { return figure }
      return Cases.figure(figure.kind, figure.bytes, ranks: figure.ranks, median: figure.median_s + 20e-6)
    }
    let nothing = Cases.figure(.nothing, nil, median: 20e-6)
    for (figures, expected) in [(scripted, 65e-6), (scripted + [nothing], 45e-6)] {
      let values = try NetworkFit([Cases.measurements(figures)]).solve().values
      let value = values.first { $0.path == "network.transport.per_collective" }
      #expect(abs((value?.value ?? 0) / expected - 1) < 0.05)
    }
  }

  @Test("a sleep that ends late is simulated and the rest of the script subtracted")
  func aSleepThatEndsLateIsSimulatedAndTheRestOfTheScriptSubtracted() throws {
    var model = Cases.known
    model.profile.host.sleepOvershootPicoseconds = 12_000_000
    let scripted = try Cases.measured(on: model).map { figure in
      guard FigureKind.staggered.contains(figure.kind) else { return figure }
      return Cases.figure(figure.kind, figure.bytes, ranks: figure.ranks, median: figure.median_s + 8e-6)
    }
    let own = [Cases.figure(.nothing, nil, median: 20e-6), Cases.figure(.sleepOvershoot, nil, median: 12e-6)]
    let result = try NetworkFit([Cases.measurements(scripted + own)]).solve()
    let value = result.values.first { $0.path == "network.transport.per_collective" }
    #expect(abs((value?.value ?? 0) / 45e-6 - 1) < 0.03)
    #expect(result.models[0].profile.host.sleepOvershootPicoseconds == 12_000_000)
  }

  @Test("without a stated rate the rate is found")
  func withoutAStatedRateTheRateIsFound() throws {
    var model = Cases.known
    model.bytesPerSecond = 60e6
    model.wireFactors = model.wireFactors.map { _ in 1514.0 / 1448.0 }
    let result = try NetworkFit([Cases.measurements(Cases.measured(on: model), rate: nil)]).solve()
    #expect(abs(result.models[0].bytesPerSecond / 60e6 - 1) < 0.005)
  }

  @Test("clusters of one library are fitted together")
  func clustersOfOneLibraryAreFittedTogether() throws {
    var slow = Cases.known
    slow.bytesPerSecond = 12.5e6
    let fast = try Cases.measurements(Cases.measured(on: Cases.known))
    let result = try NetworkFit([fast, Cases.measurements(Cases.measured(on: slow), rate: "100 Mbps")]).solve()
    let sends = result.values.filter { $0.path == "network.transport.send.per_message" }
    #expect(sends.count == 1)
    #expect(abs((sends.first?.value ?? 0) / 37e-6 - 1) < 0.02)
    #expect(result.models.map(\.bytesPerSecond) == [125e6, 12.5e6])
  }
}

@Suite struct LinkRatesTests {
  @Test("a link that is slower than stated is named")
  func aLinkThatIsSlowerThanStatedIsNamed() throws {
    let stream = Cases.figure(.stream, 1_000_000, median: 1_000_000 * 1514 / 1448 / 50e6)
    let measurements = try Cases.measurements([stream])
    let failure = #expect(throws: CalibrationFailure.self) { try LinkRates(measurements) }
    #expect(
      failure?.description
        == """
        desk.json: the link from rank 0 (desk) to rank 1 (desk) carries 400 Mbps, less than the 1 Gbps that were \
        stated; correct the link, or the rate; the measurements are kept
        """)
  }

  @Test("a slower host is found among others")
  func aSlowerHostIsFoundAmongOthers() throws {
    let figures = [([0, 1], 0.008), ([0, 2], 0.08), ([2, 0], 0.08), ([0, 3], 0.008), ([3, 0], 0.008)].map {
      Cases.figure(.stream, 1_000_000, ranks: $0.0, median: $0.1)
    }
    let rates = try LinkRates(Cases.measurements(figures, rate: nil, hosts: 4))
    #expect(Array(rates.slower.keys) == [2])
    #expect(abs((rates.slower[2] ?? 0) / (rates.bytesPerSecond / 10) - 1) < 1e-9)
  }

  @Test("both ways at once tell the duplex", arguments: [(0.0081, true), (0.0165, false)])
  func bothWaysAtOnceTellTheDuplex(seconds: Double, isFull: Bool) throws {
    let figures = [
      Cases.figure(.stream, 1_000_000, median: 0.008), Cases.figure(.bothWays, 1_000_000, median: seconds),
    ]
    #expect(try LinkRates(Cases.measurements(figures, rate: nil)).isFullDuplex == isFull)
  }

  @Test("without a stream nothing is fitted")
  func withoutAStreamNothingIsFitted() throws {
    let measurements = try Cases.measurements([Cases.figure(.pingPong, 64)])
    #expect(throws: CalibrationFailure.self) { try NetworkFit([measurements]) }
  }

  @Test(
    "a late receiver tells which payloads wait",
    arguments: [(nil, 0), (8_000, 64_000), (1_000_000, nil)] as [(Int?, Int?)])
  func aLateReceiverTellsWhichPayloadsWait(eagerUpTo: Int?, threshold: Int?) throws {
    let figures = [1000, 8_000, 64_000, 1_000_000].map { bytes in
      let isEager = eagerUpTo.map { bytes <= $0 } ?? false
      return Cases.figure(.lateReceiver, bytes, median: isEager ? 10e-6 : 60e-6 + Double(bytes) / 125e6)
    }
    #expect(Rendezvous.threshold(try Cases.measurements(figures), bytesPerSecond: 125e6) == threshold)
  }

  @Test("what a shaper lets pass at once is no eager payload")
  func whatAShaperLetsPassAtOnceIsNoEagerPayload() throws {
    let figures = [4000, 12_000, 64_000].map { bytes in
      Cases.figure(.lateReceiver, bytes, median: max(60e-6, Double(bytes - 4000) / 12.5e6))
    }
    let bare = try Cases.measurements(figures)
    let shaped = try Cases.measurements(figures, burst: 1514, packet: 1514)
    #expect(Rendezvous.threshold(bare, bytesPerSecond: 12.5e6) == 12_000)
    #expect(Rendezvous.threshold(shaped, bytesPerSecond: 12.5e6) == 0)
  }
}
