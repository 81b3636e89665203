import Inputs
import Quantities

/// A device that does not exist or figures that cannot be a device's.
public enum DeviceError: Error, Hashable, Sendable, CustomStringConvertible, UserFacingError {
  /// No device of the catalogue has this id; those that may be meant.
  case unknownDevice(String, likely: [String])
  /// A device has no such figure; the nearest that exists, if any is near.
  case unknownField(String, nearest: String?)
  /// A figure's text cannot be read or lies outside what the figure allows.
  case invalidFigure(DeviceField, QuantityError)
  /// Operating system and runtime would take all memory.
  case noUsableMemory(memory: DataSize, reserved: DataSize)
  /// Waiting would take more power than computing.
  case idleAboveBusyPower(idle: Power, busy: Power)
  /// The speed of a device or of one of its slowdowns is not a positive number.
  case invalidSpeed(Double)
  /// The share of a processor quota is not in (0, 1].
  case invalidShare(Double)
  /// The period of a processor quota cannot be one.
  case invalidPeriod(Duration)
  /// A slowdown ends before it begins, or begins before time zero.
  case invalidWindow(Slowdown)
  /// Two slowdowns hold at the same time.
  case overlappingWindows(Slowdown, Slowdown)

  /// One line: the value at fault, what is allowed, what to do.
  public var description: String {
    switch self {
    case .unknownDevice(let name, let likely):
      "unknown device \"\(quotable(name))\"" + didYouMean(likely) + " (uniference devices lists all)"
    case .unknownField(let name, let nearest):
      "a device has no field \"\(name)\"" + Self.suggestion(nearest) + "; its fields are "
        + DeviceField.allCases.map(\.rawValue).joined(separator: ", ")
    case .invalidFigure(let field, let error):
      "\(field.rawValue): \(error)"
    case .noUsableMemory(let memory, let reserved):
      "memory: nothing is left of \(memory.binaryDescription) after reserved_memory of \(reserved.binaryDescription);"
        + " reserved_memory must be smaller than memory"
    case .idleAboveBusyPower(let idle, let busy):
      "idle_power: \(idle) exceeds busy_power of \(busy); idle_power must not be larger than busy_power"
    case .invalidSpeed(let speed):
      "a speed of \(speed) is not allowed: it must be a number greater than zero, where 1 is normal speed"
    case .invalidShare(let share):
      "a share of \(share) is not allowed: it must be more than 0 and at most 1"
    case .invalidPeriod(let period):
      "a period of \(period.shortDescription) is not allowed: it must be from 1 us to 1 h"
    case .invalidWindow(let window):
      "the slowdown \(window) is empty: it must begin at 0 s or later and end after it begins"
    case .overlappingWindows(let first, let second):
      "the slowdowns \(first) and \(second) overlap: at any time at most one may hold"
    }
  }

  private static func suggestion(_ nearest: String?) -> String {
    nearest.map { ": did you mean \"\($0)\"?" } ?? ""
  }
}
