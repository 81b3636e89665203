import Documents
import Quantities
import Uniference

extension ElementType {
  /// Reads the field `dtype`.
  static func ofWeights(_ dtype: DocumentValue) throws(DocumentError) -> ElementType {
    let typeName = try dtype.text("a dtype such as float16")
    guard let elementType = ElementType(named: typeName), weightTypes.contains(elementType) else {
      throw dtype.error(unknownNameMessage("dtype", typeName, allowed: weightTypes.map(\.rawValue)))
    }
    return elementType
  }

  /// Reads the field `kv_cache_dtype`.
  static func ofKeyValueCache(_ dtype: DocumentValue) throws(DocumentError) -> ElementType {
    let typeName = try dtype.text("a dtype such as float8")
    guard let elementType = ElementType(named: typeName), cacheTypes.contains(elementType) else {
      throw dtype.error(unknownNameMessage("dtype", typeName, allowed: cacheTypes.map(\.rawValue)))
    }
    return elementType
  }

  private static let cacheTypes: [ElementType] = [.float32, .float16, .bfloat16, .float8, .int8]

  private static let weightTypes: [ElementType] = [.float32, .float16, .bfloat16, .float8, .float64]
}
