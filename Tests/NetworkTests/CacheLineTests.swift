import SimulationKernel
import Testing

@testable import Network

@Suite("Records of the network in memory")
struct CacheLineTests {
  @Test("a connection is one cache line, and the two crossings of a switch share one")
  func aConnectionIsOneCacheLineAndTheTwoCrossingsOfASwitchShareOne() {
    #expect(MemoryLayout<Connection>.stride == cacheLineByteCount)
    #expect(cacheLineByteCount % (2 * MemoryLayout<Crossing>.stride) == 0)
  }
}
