/// The largest figures that a model's configuration may have, as `Documentation/cluster-files.md` states them.
///
/// They lie an order of magnitude beyond published models, and the parameters of a model that has them all are still
/// fewer than 2^59, so no product of them needs a check of its own.
enum Limits {
  /// Columns of a hidden state.
  static let hidden = 1 << 18
  /// Columns of a feed-forward.
  static let intermediate = 1 << 20
  /// Layers.
  static let layers = 1 << 10
  /// Heads, and columns of a head.
  static let heads = 1 << 14
  /// Tokens of a vocabulary.
  static let vocabulary = 1 << 24
  /// Positions of a context.
  static let positions = 1 << 31
  /// Pixels of a side of an image.
  static let image = 1 << 14
  /// Pixels of a side of a patch.
  static let patch = 1 << 12
  /// Channels of an image.
  static let channels = 1 << 10
}
