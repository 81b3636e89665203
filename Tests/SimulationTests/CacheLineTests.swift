import SimulationKernel
import Testing

@testable import Simulation

@Suite("Records of collectives in memory")
struct CacheLineTests {
  @Test("a member is two cache lines, and what a message asks first is in the first")
  func aMemberIsTwoCacheLinesAndWhatAMessageAsksFirstIsInTheFirst() throws {
    #expect(MemoryLayout<CollectiveMember>.stride == 2 * cacheLineByteCount)
    let machine = try #require(MemoryLayout<CollectiveMember>.offset(of: \.machine))
    #expect(machine <= cacheLineByteCount)
  }
}
