import Glibc

/// A system call that failed, and on what.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The system's number of the error.
  public var errno: Int32
  /// The C function that failed.
  public var call: String
  /// The file that it was called for; `-` for standard input.
  public var path: String

  /// Names a failed call.
  public init(errno: Int32, call: String, path: String) {
    self.errno = errno
    self.call = call
    self.path = path
  }

  /// `open history.edn: No such file or directory`.
  public var description: String {
    var text = [CChar](repeating: 0, count: 256)
    guard strerror_r(errno, &text, text.count) == 0 else {
      return "\(call) \(path): error \(errno)"
    }
    let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return "\(call) \(path): \(String(decoding: bytes, as: UTF8.self))"
  }
}
