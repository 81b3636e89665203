/// What receivers send back over links that let whole packets pass.
///
/// Acknowledgements are small and wait for nobody, but the bucket of each link on their way has to pay for them: the next
/// message there waits for it. On a link that has nothing else to do they cost nothing, and where data go the other way on
/// the same connection they travel with these.
struct Acknowledgements {
  private struct Opposite {
    /// The connection of the other direction, once there is one; -1 before.
    var connection: Int32
    /// Its links.
    let route: [LinkID]
    /// When a message of data last ended in this direction, in picoseconds.
    var lastEnd = Int64.min
  }

  private var opposites: [Opposite] = []

  /// Notes a connection that has just been made: the next one in order.
  mutating func add(_ connection: Int32, opposite: Int32?, route: [LinkID]) {
    opposites.append(Opposite(connection: opposite ?? -1, route: route))
    if let opposite { opposites[Int(opposite)].connection = connection }
  }

  /// Notes the end of a message of data and says where its acknowledgements go.
  ///
  /// - Parameters:
  ///   - beginning: about when the message began, in picoseconds.
  ///   - isMoving: whether a connection is sending.
  /// - Returns: the links that carry acknowledgements alone; none where data of the same time carry them.
  mutating func route(
    endOf connection: Int32, from beginning: Int64, to now: Int64, isMoving: (Int32) -> Bool
  ) -> [LinkID] {
    opposites[Int(connection)].lastEnd = now
    let opposite = opposites[Int(connection)]
    guard opposite.connection >= 0 else { return opposite.route }
    let isCarried = isMoving(opposite.connection) || opposites[Int(opposite.connection)].lastEnd > beginning
    return isCarried ? [] : opposite.route
  }
}
