import Torch

/// Linear functionals of single states that are shifts of a few templates: a point of a field is what its neighbour is, one
/// cell of the latents on. Under a homogeneous law only the displacement of two shifts matters, so the covariances of all of
/// them at one noise level stand in one table (``ShiftCovariances``), whatever their number and wherever they are: nothing is
/// projected row by row, and nothing is left out.
public struct ShiftedTemplates: @unchecked Sendable {
    /// How many templates.
    public let kinds: Int
    /// Whose covariances.
    let law: HomogeneousLaw
    /// T† E of each group of cosine frequencies, T the templates among wavenumbers, E the eigenvectors: real and imaginary
    /// parts one after the other, shape (wavenumbers, 2 · kinds · frequencies, eigenvectors).
    let seen: [Tensor]

    /// Templates of functionals f(x) = Σ template · x, their place being the origin.
    ///
    /// - Parameter templates: shape (kinds, channels, y, x)
    public init(_ templates: Tensor, of law: HomogeneousLaw) {
        let (channels, ny, nx) = (law.shape[0], law.shape[2], law.shape[3])
        precondition(
            templates.rank == 4 && Array(templates.shape.dropFirst()) == [channels, ny, nx],
            "templates of shape \(templates.shape) are none of states of shape \([channels, ny, nx])")
        kinds = templates.shape[0]
        self.law = law
        let wavenumbers = ny * (nx / 2 + 1)
        let T = templates.rfft2(norm: .ortho).permute([2, 3, 0, 1]).reshape([wavenumbers, kinds, channels]).conjugate()
        seen = law.groups.map { [kinds] group in
            let E = group.modes.complex
            let n = E.shape[2]
            let product = T.matmul(E.reshape([wavenumbers, channels, -1])).reshape([wavenumbers, -1, n]).viewAsReal()
            precondition(product.shape[1] == kinds * group.frequencies.count)
            return Tensor.cat([product.select(3, 0), product.select(3, 1)], 1)
        }
    }

    /// Bytes of a table over so many states of a window, of what stands from one to the next, and of what making one takes.
    ///
    /// - Parameter known: first states that are known
    public static func bytes(
        kinds: Int, states: Int, known: Int, of law: HomogeneousLaw
    ) -> (table: Int, kept: Int, scratch: Int) {
        let (channels, window, ny, nx) = (law.shape[0], law.shape[1], law.shape[2], law.shape[3])
        let complex = 8 * ny * (nx / 2 + 1)
        let step = ShiftCovariances.statesAtOnce
        let pairs = kinds * kinds
        let sizes = law.groups.map(\.frequencies.count)
        let products = complex * pairs * sizes.reduce(0) { $0 + $1 * $1 }
        // Rows of some states in halves and whole, their spectra with what is known, the table's share.
        let chunk = 5 * complex * pairs * step * window
        // What is known: of all frequencies, in time, with its solution, twice.
        let reduction = known == 0 ? 0 : complex * channels * known * kinds * (2 * window + 5 * states)
        return (
            table: 4 * ny * nx * pairs * (states * (states + step)) / 2,
            kept: complex * kinds * zip(law.groups, sizes).reduce(0) { $0 + $1.1 * $1.0.modes.real.shape[2] },
            scratch: products + chunk + reduction
        )
    }
}
