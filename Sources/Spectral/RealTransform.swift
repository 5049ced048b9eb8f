import CFFTW
import Synchronization

/// FFTW's planner is not thread-safe: every call to it goes through this lock. Executing a plan needs none.
private let planner = Mutex(())

/// Two-dimensional Fourier transforms of `batch` real fields of `y` × `x` points, planned once.
///
/// Forward, unnormalised: F(l, k) = Σ f(y, x) exp(−2πi (l y / ny + k x / nx)), kept for k = 0 … nx/2 only (the rest is
/// its conjugate): shape (batch, y, x) ↔ (batch, y, x/2 + 1), row-major.
///
/// Plans are estimated, never measured, so that two runs on one machine add in the same order and agree bit by bit.
/// Executing is thread-safe; one transform serves many threads.
///
/// - Source: Frigo and Johnson 2005, "The Design and Implementation of FFTW3".
public final class RealTransform: @unchecked Sendable {
    /// Points along y and x.
    public let y: Int, x: Int
    /// Fields transformed in one call.
    public let batch: Int

    private let forwardPlan: fftw_plan
    private let inversePlan: fftw_plan

    /// Points of one field.
    public var fieldCount: Int { y * x }
    /// Kept coefficients of one field.
    public var spectrumCount: Int { y * (x / 2 + 1) }

    /// Plans the transforms.
    ///
    /// - Parameters:
    ///   - y: points along y, at least 1
    ///   - x: points along x, at least 1
    ///   - batch: fields stored one after the other and transformed in one call
    public init(y: Int, x: Int, batch: Int = 1) {
        precondition(y > 0 && x > 0 && batch > 0, "a transform of \(batch) × \(y) × \(x) points has no meaning")
        self.y = y
        self.x = x
        self.batch = batch
        let fields = AlignedBuffer<Double>(repeating: 0, count: batch * y * x)
        let spectra = AlignedBuffer<Complex>(repeating: .zero, count: batch * y * (x / 2 + 1))
        let fieldPointer = fields.pointer
        let spectrumPointer = UnsafeMutableRawPointer(spectra.pointer).assumingMemoryBound(to: fftw_complex.self)
        let shape = [Int32(y), Int32(x)]
        let fieldCount = Int32(y * x)
        let spectrumCount = Int32(y * (x / 2 + 1))
        // Outside the lock's closure plans would have to cross it as Sendable values, which C pointers are not.
        nonisolated(unsafe) var forward: fftw_plan?
        nonisolated(unsafe) var inverse: fftw_plan?
        planner.withLock { _ in
            forward = fftw_plan_many_dft_r2c(
                2, shape, Int32(batch), fieldPointer, nil, 1, fieldCount,
                spectrumPointer, nil, 1, spectrumCount, FFTW_ESTIMATE)
            inverse = fftw_plan_many_dft_c2r(
                2, shape, Int32(batch), spectrumPointer, nil, 1, spectrumCount,
                fieldPointer, nil, 1, fieldCount, FFTW_ESTIMATE)
        }
        guard let forward, let inverse else {
            fatalError("FFTW made no plan for \(batch) × \(y) × \(x) points")
        }
        forwardPlan = forward
        inversePlan = inverse
    }

    deinit {
        planner.withLock { _ in
            fftw_destroy_plan(forwardPlan)
            fftw_destroy_plan(inversePlan)
        }
    }

    /// Forward transform between aligned buffers, unnormalised; the fields are left as they were.
    ///
    /// - Parameters:
    ///   - fields: shape (batch, y, x), from an ``AlignedBuffer``
    ///   - spectra: shape (batch, y, x/2 + 1), from another ``AlignedBuffer``
    public func forward(_ fields: UnsafeMutablePointer<Double>, into spectra: UnsafeMutablePointer<Complex>) {
        let destination = UnsafeMutableRawPointer(spectra).assumingMemoryBound(to: fftw_complex.self)
        checkAlignment(fields, destination)
        fftw_execute_dft_r2c(forwardPlan, fields, destination)
    }

    /// Inverse transform between aligned buffers, unnormalised: forward then inverse multiplies by `fieldCount`.
    ///
    /// - Parameters:
    ///   - spectra: shape (batch, y, x/2 + 1); overwritten, as FFTW's multi-dimensional inverse uses it as scratch
    ///   - fields: shape (batch, y, x)
    public func inverse(destroying spectra: UnsafeMutablePointer<Complex>, into fields: UnsafeMutablePointer<Double>) {
        let source = UnsafeMutableRawPointer(spectra).assumingMemoryBound(to: fftw_complex.self)
        checkAlignment(fields, source)
        fftw_execute_dft_c2r(inversePlan, source, fields)
    }

    /// Spectrum of real fields, unnormalised (as NumPy's `rfft2`).
    ///
    /// - Parameter fields: shape (batch, y, x)
    /// - Returns: shape (batch, y, x/2 + 1)
    public func forward(_ fields: [Double]) -> [Complex] {
        precondition(
            fields.count == batch * fieldCount,
            "\(fields.count) values given to a transform of \(batch) × \(y) × \(x) points")
        let input = AlignedBuffer<Double>(repeating: 0, count: batch * fieldCount)
        let output = AlignedBuffer<Complex>(repeating: .zero, count: batch * spectrumCount)
        fields.withUnsafeBufferPointer { source in
            for i in source.indices { input.pointer[i] = source[i] }
        }
        forward(input.pointer, into: output.pointer)
        return Array(UnsafeBufferPointer(start: output.pointer, count: output.count))
    }

    /// Real fields of a spectrum, normalised so that it undoes ``forward(_:)`` (as NumPy's `irfft2`).
    ///
    /// - Parameter spectra: shape (batch, y, x/2 + 1)
    /// - Returns: shape (batch, y, x)
    public func inverse(_ spectra: [Complex]) -> [Double] {
        precondition(
            spectra.count == batch * spectrumCount,
            "\(spectra.count) coefficients given to a transform of \(batch) × \(y) × \(x / 2 + 1)")
        let input = AlignedBuffer<Complex>(repeating: .zero, count: batch * spectrumCount)
        let output = AlignedBuffer<Double>(repeating: 0, count: batch * fieldCount)
        let scale = 1 / Double(fieldCount)
        spectra.withUnsafeBufferPointer { source in
            for i in source.indices { input.pointer[i] = scale * source[i] }
        }
        inverse(destroying: input.pointer, into: output.pointer)
        return Array(UnsafeBufferPointer(start: output.pointer, count: output.count))
    }

    private func checkAlignment(_ fields: UnsafeMutablePointer<Double>, _ spectra: UnsafeMutablePointer<fftw_complex>) {
        precondition(
            fftw_alignment_of(fields) == 0
                && fftw_alignment_of(UnsafeMutableRawPointer(spectra).assumingMemoryBound(to: Double.self)) == 0,
            "transforms work on memory of AlignedBuffer only")
    }
}
