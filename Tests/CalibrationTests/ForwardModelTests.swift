import Foundation
import Testing

@testable import Calibration

/// The simulated scripts against what they come to on paper, for two ranks that nobody disturbs.
@Suite struct ForwardModelTests {
  /// L latency, B rate, s and r the costs of sending and receiving, w bytes on the wire, n those of a clear-to-send:
  /// * ping-pong: the clear-to-send leaves when the send before has ended, as r and s begin: max(L + n/B, r + s) + L + w/B;
  /// * prepared: s + L + w/B + r;
  /// * late receiver: the clear-to-send's way and the payload's: L + n/B + L + w/B + r;
  /// * stream: whatever takes longer of sending and moving: max(s, w/B);
  /// * both ways: rank 1 has met rank 0 d = r(1 B) later than rank 0 has met it, so what comes from it takes
  ///   max(d + s, L + n/B) + L + w/B + r, and what goes to it max(s, d + L + n/B) + L + w/B, and r less d more by its own
  ///   clock.
  @Test("closed forms", arguments: [64, 4096, 100_000, 3_000_000], [5e-6, 24e-6, 200e-6])
  func closedForms(bytes: Int, latency: Double) throws {
    var model = Cases.known
    model.latency = latency
    model.profile.wire.sendBufferBytes = nil  // so that a send ends when it has arrived
    let send = Double(model.profile.host.send.picoseconds(byteCount: bytes)) * 1e-12
    let receive = Double(model.profile.host.receive.picoseconds(byteCount: bytes)) * 1e-12
    let wire = model.profile.wire.bytes(ofPayload: bytes) / model.bytesPerSecond
    let clearToSend = latency + Double(model.profile.wire.clearToSendBytes) / model.bytesPerSecond
    let late = Double(model.profile.host.receive.picoseconds(byteCount: 1)) * 1e-12
    let expected: [FigureKind: Double] = [
      .pingPong: max(clearToSend, receive + send) + latency + wire,
      .preparedPingPong: send + latency + wire + receive,
      .lateReceiver: clearToSend + latency + wire + receive,
      .sendCall: send,
      .bothWays: latency + wire
        + max(max(late + send, clearToSend) + receive, max(send, late + clearToSend) + max(0, receive - late)),
    ]
    for (kind, seconds) in expected {
      let simulated = try ForwardModel.seconds(of: Cases.figure(kind, bytes), on: model)
      #expect(abs(simulated / seconds - 1) < 1e-4, "\(kind)")
    }
    let stream = try ForwardModel.seconds(of: Cases.figure(.stream, bytes, count: 8), on: model)
    #expect(abs(stream / max(send, wire) - 1) < 1e-4)
  }

  @Test("memory figures are their rates")
  func memoryFiguresAreTheirRates() throws {
    #expect(abs(try ForwardModel.seconds(of: Cases.figure(.copy, 1_000_000), on: Cases.known) - 90e-6) < 1e-12)
    #expect(abs(try ForwardModel.seconds(of: Cases.figure(.reduce, 1_000_000), on: Cases.known) - 120e-6) < 1e-12)
  }

  @Test("two into one takes twice as long")
  func twoIntoOneTakesTwiceAsLong() throws {
    let one = try ForwardModel.seconds(of: Cases.figure(.bothWays, 3_000_000), on: Cases.known)
    let two = try ForwardModel.seconds(of: Cases.figure(.twoIntoOne, 3_000_000, ranks: [0, 1, 2]), on: Cases.known)
    #expect((1.9..<2.1).contains(two / one))
  }

  @Test("pairs do not disturb each other on a switch")
  func pairsDoNotDisturbEachOtherOnASwitch() throws {
    let pairs = Cases.figure(.pairsAtOnce, 3_000_000, ranks: [0, 1, 2, 3], count: 8)
    let alone = Cases.figure(.stream, 3_000_000, count: 8)
    #expect(
      abs(try ForwardModel.seconds(of: pairs, on: Cases.known) / ForwardModel.seconds(of: alone, on: Cases.known) - 1)
        < 1e-3)
  }
}
