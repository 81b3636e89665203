/// The links of a topology. Few kinds of them make up most networks, so a link is kept as the number of its kind.
public struct LinkTable: RandomAccessCollection, Sendable {
  private var kinds: [Link] = []
  private var kindOfLink: [UInt16] = []

  /// The links in order. Throws when they are of more than 65536 kinds.
  public init(_ links: some Sequence<Link>) throws(NetworkError) {
    var numbers: [Link: UInt16] = [:]
    for link in links {
      if let known = numbers[link] {
        kindOfLink.append(known)
      } else {
        guard kinds.count <= UInt16.max else { throw .shape("a network has at most 65536 different kinds of links") }
        let number = UInt16(kinds.count)
        numbers[link] = number
        kinds.append(link)
        kindOfLink.append(number)
      }
    }
  }

  /// Zero.
  public var startIndex: Int { 0 }
  /// The number of links.
  public var endIndex: Int { kindOfLink.count }
  /// The link at a position. O(1).
  public subscript(position: Int) -> Link { kinds[Int(kindOfLink[position])] }
}
