/// A message that has arrived, or is about to.
public struct Envelope: Sendable {
  /// Separates the messages of different groups; 0 where there are none.
  public var context: Int
  /// The sender.
  public var source: Int
  /// What the sender marked it with.
  public var tag: Int
  /// What it carries.
  public var content: any Sendable
  /// When it arrived; set on delivery.
  public internal(set) var arrival = VirtualTime.zero

  /// A message that has not arrived yet.
  public init(context: Int = 0, source: Int, tag: Int = 0, content: any Sendable) {
    self.context = context
    self.source = source
    self.tag = tag
    self.content = content
  }
}

/// Which messages a receive takes; `nil` stands for any.
public struct EnvelopePattern: Hashable, Sendable {
  /// The group whose messages it takes.
  public var context: Int
  /// The sender, or `nil` for any.
  public var source: Int?
  /// The tag, or `nil` for any.
  public var tag: Int?

  /// A pattern; it always names its group.
  public init(context: Int = 0, source: Int?, tag: Int?) {
    self.context = context
    self.source = source
    self.tag = tag
  }

  /// Whether a receive with this pattern takes the message.
  public func matches(_ envelope: Envelope) -> Bool {
    envelope.context == context && (source == nil || source == envelope.source) && (tag == nil || tag == envelope.tag)
  }
}

extension EnvelopePattern: CustomStringConvertible {
  /// `from 3, tag 7`.
  public var description: String {
    "from \(source.map { "\($0)" } ?? "any source"), \(tag.map { "tag \($0)" } ?? "any tag")"
  }
}
