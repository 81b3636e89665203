/// Payload bytes that each rank has sent and received, and how many messages.
public final class TrafficAccount {
  public internal(set) var sentBytes: [Int]
  public internal(set) var receivedBytes: [Int]
  public internal(set) var messages = 0

  init(ranks: Int) {
    sentBytes = Array(repeating: 0, count: ranks)
    receivedBytes = Array(repeating: 0, count: ranks)
  }

  func add(from source: Int, to destination: Int, byteCount: Int) {
    sentBytes[source] += byteCount
    receivedBytes[destination] += byteCount
    messages += 1
  }
}
