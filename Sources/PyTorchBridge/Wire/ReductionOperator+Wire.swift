import Communication

extension ReductionOperator {
  /// The operator's number in frames of either direction.
  var wireNumber: UInt8 {
    switch self {
    case .sum: 0
    case .product: 1
    case .minimum: 2
    case .maximum: 3
    case .average: 4
    case .bitwiseAnd: 5
    case .bitwiseOr: 6
    case .bitwiseExclusiveOr: 7
    }
  }

  private static let byWireNumber = Dictionary(uniqueKeysWithValues: allCases.map { ($0.wireNumber, $0) })

  init(_ reader: inout FrameReader) throws(ProtocolError) {
    let number = try reader.integer(UInt8.self)
    guard let known = Self.byWireNumber[number] else { throw ProtocolError("there is no reduction \(number)") }
    self = known
  }
}
