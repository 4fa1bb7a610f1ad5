import CLinux

/// The time of day, which may jump. For deadlines there is `Deadline`.
public enum WallClock {
  /// Nanoseconds since 1970-01-01T00:00:00Z.
  public static var unixNanoseconds: Int64 { clinux_wall_nanoseconds() }

  /// Microseconds since 1970-01-01T00:00:00Z.
  public static var unixMicroseconds: Int64 { unixNanoseconds / 1_000 }

  /// Whole seconds since 1970-01-01T00:00:00Z.
  public static var unixSeconds: Int64 { unixNanoseconds / 1_000_000_000 }
}
