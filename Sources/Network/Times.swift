/// An instant, or a span, and a span after it, in picoseconds; `Int64.max`, at which runs end, where that is later than can
/// be told.
@inline(__always)
func sumOfTimes(_ time: Int64, _ span: Int64) -> Int64 {
  let (sum, overflow) = time.addingReportingOverflow(span)
  return overflow ? .max : sum
}
