import Hosts
import Testing

@Suite("What a library's work costs hosts")
struct HostModelTests {
  @Test("a model charges by message, byte and copy")
  func costs() {
    let free = HostModel()
    #expect(free.send.isZero && free.receive.isZero && free.reducePicoseconds(byteCount: 1 << 30) == 0)
    #expect(MessageCost(picosecondsPerMessage: 10, picosecondsPerByte: 1.5).picoseconds(byteCount: 3) == 15)
    var host = HostModel()
    host.reducePicosecondsPerByte = 0.25
    host.copyPicosecondsPerByte = 0.5
    host.picosecondsPerCopy = 7
    #expect(host.reducePicoseconds(byteCount: 10) == 3 && host.copyPicoseconds(byteCount: 10) == 12)
  }

  @Test("a delay comes only after longer than its time")
  func delays() {
    let delay = DelayAfter(afterPicoseconds: 100, picoseconds: 7)
    #expect([0, 100, 101].map { delay.delay(after: $0) } == [0, 0, 7])
    #expect(DelayAfter(afterPicoseconds: 100).isZero && !delay.isZero)
  }

  @Test("progress after no time is strong")
  func progress() {
    #expect(ProgressModel(afterPicoseconds: 0) == .strong)
    #expect(ProgressModel(afterPicoseconds: 1) == .delayed(picoseconds: 1))
  }
}
