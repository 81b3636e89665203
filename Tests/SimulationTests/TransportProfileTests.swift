import Simulation
import Testing

@Suite("Transport profiles")
struct TransportProfileTests {
  @Test("the shipped ones add what they say")
  func shipped() {
    #expect(TransportProfile.shipped.map(\.name) == ["ideal", "gloo-tcp", "nccl"])
    #expect(TransportProfile.ideal.wire == .init() && TransportProfile.ideal.host == .init())
    let gloo = TransportProfile.glooTCP
    #expect(abs(gloo.wire.bytes(ofPayload: 1448) - 1514) < 1e-9)
    #expect(gloo.wire.isRendezvous(byteCount: 0))
    #expect(gloo.host.send.picoseconds(byteCount: 1_000_000) == 50_000_000)
  }
}
