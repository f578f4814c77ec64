@main
struct Linnaeus {
  static func main() {}
}
