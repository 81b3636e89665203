/// Hands one rank's recorded calls to its link, one after another, in place of a process.
final class ReplayedCalls {
  private let operations: [ComputedOperation]
  private var reader: FrameReader

  init(_ calls: CallFile.RankCalls) {
    operations = calls.operations
    reader = FrameReader(calls.frames)
  }

  /// Takes frames until a request has arrived at the link, or there are no more.
  func advance(_ link: RankLink) throws(ProtocolError) {
    while !reader.isAtEnd {
      let frame = try reader.counted()
      if frame.first == FrameKind.operations.rawValue {
        link.add(try work(frame.dropFirst()))
        continue
      }
      switch try RankFrame(frame) {
      case .name(let id, let text): link.define(name: id, as: text)
      case .work(let work): link.add(work)
      case .memory(let uses): link.memoryUses = uses
      case .request(let request): return link.arrived(request.withoutValues)
      case .hello, .published, .stack, .interruption, .started, .exited, .outputLost: break
      }
    }
  }

  private func work(_ frame: ArraySlice<UInt8>) throws(ProtocolError) -> [DeviceWork] {
    var frame = FrameReader(frame)
    return try frame.list(bytesPerEntry: 4) { (reader) throws(ProtocolError) in
      let index = Int(try reader.integer(UInt32.self))
      guard operations.indices.contains(index) else { throw ProtocolError("there is no operation \(index)") }
      return .operation(operations[index])
    }
  }
}

extension RankRequest {
  /// The same request of a rank that has no values.
  fileprivate var withoutValues: RankRequest {
    switch content {
    case .collective(var request):
      request.block = nil
      return RankRequest(interval: interval, content: .collective(request), isAnswered: isAnswered)
    case .send(var request):
      request.block = nil
      return RankRequest(interval: interval, content: .send(request), isAnswered: isAnswered)
    default: return self
    }
  }
}
