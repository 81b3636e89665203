/// What a rank has called and where, for reports.
struct CallDescription: Sendable, CustomStringConvertible {
  /// Torch's name of the operation.
  let operation: String
  /// What it works on, such as `float32[4, 8]`; empty for a barrier.
  var operand = ""
  /// Further facts: the reduction, the root, the peer.
  var details: [String] = []
  var group: String?
  /// The place in the script; `nil` when it is not known.
  let site: String?

  /// What identifies the computation before it in a recording: `all_reduce float32[4, 8]`. A script whose tensors have other
  /// sizes now has computed something else.
  var operationAndOperand: String { operand.isEmpty ? operation : "\(operation) \(operand)" }

  /// What is called and where: `all_reduce at train.py:31`.
  var place: String { operation + (site.map { " at \($0)" } ?? "") }

  /// For example `all_reduce(float32[4, 8], sum) of group default at train.py:31`.
  var description: String {
    let arguments = ([operand] + details).filter { !$0.isEmpty }.joined(separator: ", ")
    var text = arguments.isEmpty ? operation : "\(operation)(\(arguments))"
    if let group { text += " of group \(group)" }
    if let site { text += " at \(site)" }
    return text
  }
}

extension CollectiveRequest {
  /// The call as a report tells it.
  func described(on link: RankLink, group: String?, site: UInt32) -> CallDescription {
    var details: [String] = []
    if [.allReduce, .reduce, .reduceScatter].contains(operation) { details.append(reduction.rawValue) }
    if [.reduce, .broadcast, .gather, .scatter].contains(operation) { details.append("root \(root)") }
    return CallDescription(
      operation: link.text(name) ?? operation.rawValue,
      operand: operation == .barrier ? "" : "\(dataType.name)\(shape)", details: details, group: group,
      site: link.text(site))
  }
}

extension PointToPointRequest {
  func described(as operation: String, on link: RankLink, group: String?, site: UInt32) -> CallDescription {
    let other = peer.map { "rank \($0)" } ?? "any rank"
    return CallDescription(
      operation: operation, operand: "\(dataType.name)[\(elementCount)]",
      details: [operation == "send" ? "to \(other)" : "from \(other)", "tag \(tag)"], group: group,
      site: link.text(site))
  }
}
