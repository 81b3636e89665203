import Quantities

/// Which fractions of a device's peak rates kernels reach, by kind of kernel. What is left out is the device's own
/// `memory_efficiency` or `compute_efficiency`.
public struct KernelEfficiencies: Hashable, Sendable {
  /// How wide the weights of a matrix product are as they lie in memory: narrow ones are unpacked on the way.
  public enum WeightWidth: Int, CaseIterable, Hashable, Sendable {
    /// 4 bits and the scales of their groups; anything below 6 bits.
    case four = 4
    /// 8 bits; anything below 12 bits.
    case eight = 8
    /// 16 bits or more.
    case sixteen = 16

    init(bits: Double) {
      self = bits < 6 ? .four : bits < 12 ? .eight : .sixteen
    }
  }

  /// Of the memory bandwidth, by matrix products: few rows make them read the matrix for hardly any arithmetic (GEMV).
  public var matrixVector: [WeightWidth: Double] = [:]
  /// Of the peak arithmetic rate for an element type, by matrix products: many rows make them compute (GEMM).
  public var matrixMatrix: [ElementType: Double] = [:]
  /// Of the peak arithmetic rate, by attention: that of prompts.
  public var promptAttention: Double?
  /// Of the memory bandwidth, by attention: that of decoding, which reads keys and values for one query.
  public var decodingAttention: Double?
  /// Of the memory bandwidth, by everything else: norms, element-wise operations.
  public var other: Double?
  /// Whether attention of decoding reads keys and values once for all query heads that share them. Kernels for one query
  /// head at a time read them for each.
  public var sharesGroupedKeys = true

  /// What a product of 8 or of 4 bits takes for its inputs' conversion, in picoseconds, where that is not as in the tables.
  public var quantizationPicoseconds: [WeightWidth: Double] = [:]
  /// Of the tables' arithmetic rate, by long stretches of products.
  public var sustainedArithmetic: Double?

  /// How fast products are beside those in the tables.
  public var productRate: Double?

  /// Of what a single product reaches of the arithmetic rate, by products in groups: experts'.
  public var groupedArithmetic: Double?
  /// Of what a single product reaches of the bandwidth, by products in groups.
  public var groupedBandwidth: Double?
  /// What a product in groups takes for sorting and gathering its rows, in picoseconds, by the width of its arithmetic.
  public var groupedPicoseconds: [WeightWidth: Double] = [:]

  /// The device's own.
  public init() {}

  /// - Returns: that of weights of this width, or of the next wider ones that have one.
  func matrixVector(_ width: WeightWidth) -> Double? {
    WeightWidth.allCases.lazy.filter { $0.rawValue >= width.rawValue }.compactMap { matrixVector[$0] }.first
  }
}
