import CFFTW

/// Memory aligned as FFTW's vector instructions need it; owned by one place and freed with it.
///
/// Plans are made for aligned memory, because a plan chosen by a pointer's chance alignment would add in another
/// order and results would differ between two runs in their last bits.
public struct AlignedBuffer<Element: BitwiseCopyable>: ~Copyable {
    /// The first element.
    public let pointer: UnsafeMutablePointer<Element>
    /// Number of elements.
    public let count: Int

    /// `count` elements, each equal to `value`.
    public init(repeating value: Element, count: Int) {
        precondition(count > 0, "an aligned buffer needs at least one element, not \(count)")
        guard let raw = fftw_malloc(count * MemoryLayout<Element>.stride) else {
            fatalError("out of memory: \(count) elements of \(MemoryLayout<Element>.stride) bytes for a transform")
        }
        pointer = raw.bindMemory(to: Element.self, capacity: count)
        pointer.initialize(repeating: value, count: count)
        self.count = count
    }

    deinit { fftw_free(pointer) }
}
