import Quantities

/// A figure of a device together with where it comes from.
public struct Figure<Value: Hashable & Sendable>: Hashable, Sendable {
  /// The figure itself.
  public var value: Value
  /// Where it comes from.
  public var source: FigureSource

  /// A figure and its source.
  public init(_ value: Value, _ source: FigureSource) {
    self.value = value
    self.source = source
  }
}

/// Where a figure of a device comes from, so that nobody takes an assumption for a datasheet.
public struct FigureSource: Hashable, Sendable, CustomStringConvertible {
  /// How far a figure can be trusted.
  public enum Kind: Hashable, Sendable {
    /// Published by the maker.
    case datasheet
    /// Computed from published figures; the text writes the computation out.
    case derived
    /// Measured by somebody; the text names whom.
    case measurement
    /// Not published: a plausible value, to be replaced by a measurement of one's own.
    case assumption
    /// Given by the user.
    case override
  }

  /// How far the figure can be trusted.
  public let kind: Kind
  /// The document, measurement or reasoning.
  public let text: String
  /// Where the document can be read, if that is known.
  public let url: String?

  /// A source of a kind.
  public init(_ kind: Kind, _ text: String, url: String? = nil) {
    self.kind = kind
    self.text = text
    self.url = url
  }

  /// A source as documents write it: `assumption: ...`, `derived: ...`, `measured: ...`, or a document's name.
  public init(describedBy text: String) {
    let kinds: [(prefix: String, kind: Kind)] = [
      ("assumption: ", .assumption), ("derived: ", .derived), ("measured: ", .measurement),
    ]
    let found = kinds.first { text.hasPrefix($0.prefix) }
    self.init(found?.kind ?? .datasheet, String(text.dropFirst(found?.prefix.count ?? 0)))
  }

  /// Published by the maker.
  public static func datasheet(_ text: String, url: String? = nil) -> FigureSource {
    FigureSource(.datasheet, text, url: url)
  }

  /// Computed from published figures.
  public static func derived(_ text: String, url: String? = nil) -> FigureSource {
    FigureSource(.derived, text, url: url)
  }

  /// Measured by somebody.
  public static func measurement(_ text: String, url: String? = nil) -> FigureSource {
    FigureSource(.measurement, text, url: url)
  }

  /// Assumed, for want of a published figure.
  public static func assumption(_ text: String) -> FigureSource {
    FigureSource(.assumption, text)
  }

  /// Given by the user in a cluster file.
  public static let clusterFile = FigureSource(.override, "set in the cluster file")

  /// One line: `assumption: ...`, `derived: ...`, `measured: ...`, or the document's name, then the address.
  public var description: String {
    let prefix =
      switch kind {
      case .datasheet, .override: ""
      case .derived: "derived: "
      case .measurement: "measured: "
      case .assumption: "assumption: "
      }
    return prefix + text + (url.map { " (\($0))" } ?? "")
  }
}
