import Glibc
import LinnaeusBase

/// The built program, run as its users run it.
struct Program {
  /// What one run did.
  struct Run {
    var ending: ChildProcess.Ending
    var output: String
    var errors: String
    var seconds: Double

    /// The lines of its standard output.
    var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  /// The executable stands beside the test bundle, which is what runs now.
  static let path: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let bytes = buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
    let own = String(decoding: bytes, as: UTF8.self)
    let folder = own.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    return folder.joined(separator: "/") + "/linnaeus"
  }()

  /// The package's folder.
  static let root: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(3).joined(separator: "/")
  }()

  /// A hand-written history of the package.
  static func textbook(_ name: String) -> String { "\(root)/Histories/textbook/\(name).jsonl" }

  /// Runs it to its end.
  static func run(_ arguments: String..., input: String = "") throws -> Run {
    let started = try Started(arguments, input: input)
    return try started.finish()
  }

  /// A run that goes on.
  struct Started {
    let process: ChildProcess
    private let output: Int32
    private let errors: Int32

    init(_ arguments: [String], input: String) throws {
      let inputFile = try Scratch.anonymousFile(input)
      defer { close(inputFile) }
      try self.init(arguments, input: inputFile)
    }

    /// Starts it on descriptors that stay the caller's.
    init(
      _ arguments: [String], input: Int32, output: Int32? = nil, errors: Int32? = nil,
      environment: [String]? = nil
    ) throws {
      self.output = try output ?? Scratch.anonymousFile("")
      self.errors = try errors ?? Scratch.anonymousFile("")
      process = try ChildProcess(
        Program.path, arguments, environment: environment, input: input, output: self.output,
        error: self.errors)
    }

    func finish() throws -> Run {
      let (ending, seconds) = process.wait()
      defer {
        close(output)
        close(errors)
      }
      return Run(
        ending: ending, output: Scratch.text(of: output), errors: Scratch.text(of: errors),
        seconds: seconds)
    }
  }
}

/// A folder that is gone after the test.
final class Scratch {
  let path: String

  init() throws {
    var template = Array("/tmp/linnaeus-test-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else {
      throw SystemError(errno: errno, call: "mkdtemp", path: "/tmp")
    }
    path = String(cString: made)
  }

  deinit {
    Self.remove(path)
  }

  /// Writes a file and tells its path.
  @discardableResult
  func write(_ text: String, to name: String) throws -> String {
    let file = "\(path)/\(name)"
    let parts = name.split(separator: "/").dropLast()
    var folder = path
    for part in parts {
      folder += "/\(part)"
      mkdir(folder, 0o777)
    }
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    guard descriptor >= 0 else { throw SystemError(errno: errno, call: "open", path: file) }
    defer { close(descriptor) }
    Self.write(text, descriptor)
    return file
  }

  /// The text of a file of the folder.
  func read(_ name: String) throws -> String { try Self.text(ofFile: "\(path)/\(name)") }

  /// The text of any file.
  static func text(ofFile path: String) throws -> String {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw SystemError(errno: errno, call: "open", path: path) }
    defer { close(descriptor) }
    return text(of: descriptor)
  }

  /// A file without a name that holds this text, read from its start.
  static func anonymousFile(_ text: String) throws -> Int32 {
    var template = Array("/tmp/linnaeus-test-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw SystemError(errno: errno, call: "mkstemp", path: "/tmp") }
    unlink(template)
    // The test process starts children from many threads; none but the right one shall have it.
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    write(text, descriptor)
    lseek(descriptor, 0, SEEK_SET)
    return descriptor
  }

  static func text(of descriptor: Int32) -> String {
    let size = Int(lseek(descriptor, 0, SEEK_END))
    guard size > 0 else { return "" }
    var bytes = [UInt8](repeating: 0, count: size)
    let count = pread(descriptor, &bytes, size, 0)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }

  private static func write(_ text: String, _ descriptor: Int32) {
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done)
      }
      guard count > 0 else { return }
      done += count
    }
  }

  private static func remove(_ path: String) {
    if unlink(path) == 0 || rmdir(path) == 0 { return }
    guard let folder = opendir(path) else { return }
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { remove("\(path)/\(name)") }
    }
    closedir(folder)
    rmdir(path)
  }
}
