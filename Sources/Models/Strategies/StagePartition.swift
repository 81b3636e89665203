/// Cuts consecutive layers into consecutive stages so that the slowest stage is as fast as can be.
///
/// Stage s with layers a..<b takes cost(a..<b) / speed(s). With t(s, n) the best possible time of the slowest of the
/// first s stages over the first n layers,
///
///     t(s, n) = min over m < n of max(t(s − 1, m), (cost(m..<n) + extras of stage s) / speed(s)),
///
/// solved in O(stages · layers²) steps. Among equally fast cuts, one with a small sum of squared stage times wins, so
/// that equal devices get equal stages.
struct StagePartition {
  /// Cost of each of the equal layers.
  let layerCost: Double
  /// Cost that the first stage has on top.
  let firstCost: Double
  /// Cost that the last stage has on top.
  let lastCost: Double
  /// Speed of each stage, positive.
  let speeds: [Double]

  /// The layers of each stage, none empty. `layerCount` is at least the number of stages.
  func stages(layerCount: Int) -> [Range<Int>] {
    let count = speeds.count
    precondition(layerCount >= count, "each stage needs a layer")
    var best = [[Best?]](repeating: [Best?](repeating: nil, count: layerCount + 1), count: count + 1)
    best[0][0] = Best(slowest: 0, squares: 0, start: 0)
    for stage in 0..<count {
      for end in (stage + 1)...(layerCount - (count - stage - 1)) {
        for start in stage..<end {
          guard let before = best[stage][start] else { continue }
          let time = time(stage: stage, layers: end - start)
          let candidate = Best(
            slowest: max(before.slowest, time), squares: before.squares + time * time, start: start)
          if best[stage + 1][end].map({ candidate < $0 }) ?? true { best[stage + 1][end] = candidate }
        }
      }
    }
    var stages: [Range<Int>] = []
    var end = layerCount
    for stage in (1...count).reversed() {
      let start = best[stage][end]?.start ?? 0
      stages.append(start..<end)
      end = start
    }
    return stages.reversed()
  }

  func time(stage: Int, layers: Int) -> Double {
    var cost = Double(layers) * layerCost
    if stage == 0 { cost += firstCost }
    if stage == speeds.count - 1 { cost += lastCost }
    return cost / speeds[stage]
  }

  private struct Best {
    let slowest: Double
    let squares: Double
    let start: Int

    static func < (left: Best, right: Best) -> Bool {
      left.slowest == right.slowest ? left.squares < right.squares : left.slowest < right.slowest
    }
  }
}
