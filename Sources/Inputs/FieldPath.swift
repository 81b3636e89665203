/// Where in a document something is: `layers[3].name`, as it is written in error messages. Long names are cut.
///
/// - Parameter keys: a decoder's coding path, from the outermost key on.
public func fieldPath(_ keys: [any CodingKey]) -> String {
  keys.reduce("") { path, key in
    if let index = key.intValue { return "\(path)[\(index)]" }
    let name = quotable(key.stringValue)
    return path.isEmpty ? name : "\(path).\(name)"
  }
}

/// A text cut to what an error message can hold.
public func quotable(_ text: String) -> String {
  text.utf8.count > 60 && text.prefix(61).count > 60 ? text.prefix(57) + "..." : text
}
