import Quantities

// The catalogue's spelling of figures: the number as the source prints it, its unit, the source.

extension Figure where Value == DataSize {
  /// DRAM comes in binary sizes, whatever the prefix printed on it.
  static func gibibytes(_ size: Double, _ source: FigureSource) -> Figure {
    Figure(DataSize(bytes: Int(size * 1_073_741_824)), source)
  }
}

extension Figure where Value == Bandwidth {
  static func gigabytesPerSecond(_ rate: Double, _ source: FigureSource) -> Figure {
    Figure(Bandwidth(bytesPerSecond: rate * 1e9), source)
  }

  /// Sixteen lanes of a generation of PCI Express, in one direction.
  static func pcie(_ generation: PCIeGeneration, _ source: FigureSource) -> Figure {
    gigabytesPerSecond(generation.rawValue, source.adding("16 lanes of PCIe Gen\(generation), one direction"))
  }
}

extension Figure where Value == ComputeRate {
  static func teraflops(_ rate: Double, _ source: FigureSource) -> Figure {
    Figure(ComputeRate(flopsPerSecond: rate * 1e12), source)
  }
}

extension Figure where Value == Ratio {
  static func fraction(_ value: Double, _ source: FigureSource) -> Figure { Figure(Ratio(value), source) }
}

extension Figure where Value == Power {
  static func watts(_ value: Double, _ source: FigureSource) -> Figure { Figure(Power(watts: value), source) }
}

extension Figure where Value == Duration {
  static func microseconds(_ value: Int64, _ source: FigureSource) -> Figure {
    Figure(.microseconds(value), source)
  }
}

extension Figure where Value == EnergyPerByte {
  /// The power of a network interface spread over the bytes of its line rate, since no maker publishes this figure.
  private static func assumed(_ interface: String, watts: Double, gigabytesPerSecond rate: Double) -> Figure {
    let figure = EnergyPerByte(joulesPerByte: watts / (rate * 1e9))
    let power = formatNumber(watts, significantDigits: 3)
    return Figure(
      figure, .assumption("\(interface) takes about \(power) W at \(Bandwidth(bytesPerSecond: rate * 1e9))"))
  }

  static let gigabitEthernet = assumed("a gigabit Ethernet interface", watts: 0.5, gigabytesPerSecond: 0.125)
  static let tenGigabitEthernet = assumed("a 10-gigabit Ethernet adapter", watts: 5, gigabytesPerSecond: 1.25)
  static let datacentreAdapter = assumed("a 400-gigabit adapter", watts: 25, gigabytesPerSecond: 50)
  static let phoneWiFi = assumed("a phone's Wi-Fi radio", watts: 1, gigabytesPerSecond: 0.0625)
}

/// Generations of PCI Express by what 16 lanes carry in one direction, in GB/s: 8, 16 and 32 GT/s a lane, of which 128 of
/// 130 bits are data.
enum PCIeGeneration: Double, CustomStringConvertible {
  case third = 15.75
  case fourth = 31.5
  case fifth = 63

  var description: String {
    switch self {
    case .third: "3"
    case .fourth: "4"
    case .fifth: "5"
    }
  }
}
