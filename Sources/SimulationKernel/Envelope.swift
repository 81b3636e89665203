/// A message that has arrived, or is about to.
public struct Envelope: Sendable {
  /// Separates the messages of different groups; 0 where there are none.
  public var context: Int
  /// The sender.
  public var source: Int
  public var tag: Int
  public var content: any Sendable
  /// When it arrived; set on delivery.
  public internal(set) var arrival = VirtualTime.zero

  public init(context: Int = 0, source: Int, tag: Int = 0, content: any Sendable) {
    self.context = context
    self.source = source
    self.tag = tag
    self.content = content
  }
}

/// Which messages a receive takes; `nil` stands for any.
public struct EnvelopePattern: Hashable, Sendable {
  public var context: Int
  public var source: Int?
  public var tag: Int?

  public init(context: Int = 0, source: Int?, tag: Int?) {
    self.context = context
    self.source = source
    self.tag = tag
  }

  public func matches(_ envelope: Envelope) -> Bool {
    envelope.context == context && (source == nil || source == envelope.source) && (tag == nil || tag == envelope.tag)
  }
}

extension EnvelopePattern: CustomStringConvertible {
  public var description: String {
    "from \(source.map { "\($0)" } ?? "any source"), \(tag.map { "tag \($0)" } ?? "any tag")"
  }
}
