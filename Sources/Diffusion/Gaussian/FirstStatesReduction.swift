import Torch

/// What knowing the first states of a window takes away: (A_K V Aᵀ)† S⁻¹ (A_K V Aᵀ) for shifts A of templates, A_K the choice
/// of these states, S their covariance with its error, wavenumber by wavenumber.
struct FirstStatesReduction {
    private let states: Range<Int>
    private let kinds: Int
    /// Real parts over imaginary ones of A_K V Aᵀ, shape (wavenumbers, 2 · channels · count, states, kinds).
    private let left: Tensor
    /// S⁻¹ A_K V Aᵀ likewise, for the product's real part and, turned, for its imaginary one.
    private let right: (real: Tensor, imaginary: Tensor)

    init(
        _ templates: ShiftedTemplates, _ weights: [Tensor], _ states: Range<Int>, _ known: HomogeneousLaw.FirstStates,
        _ level: HomogeneousLaw.FirstStates.Level
    ) {
        let (law, K) = (templates.law, templates.kinds)
        (self.states, kinds) = (states, K)
        // (wavenumbers, channels · count, kinds, f') of all groups, real and imaginary.
        var parts: (real: [Tensor], imaginary: [Tensor]) = ([], [])
        for (index, group) in law.groups.enumerated() {
            let (B, S) = (known.seen[index], templates.seen[index])
            let (rows, n) = (B.real.shape[1], K * group.frequencies.count)
            let all = (Tensor.cat([B.real, B.imaginary], 1) * weights[index]).matmul(S.transpose(1, 2))
            let (real, imaginary) = (all.narrow(1, 0, rows), all.narrow(1, rows, rows))
            let shape = [-1, rows, K, group.frequencies.count]
            parts.real.append((real.narrow(2, 0, n) + imaginary.narrow(2, n, n)).reshape(shape))
            parts.imaginary.append((imaginary.narrow(2, 0, n) - real.narrow(2, n, n)).reshape(shape))
        }
        let cosines = law.cosines.narrow(1, states.lowerBound, states.count)
        let inTime = [parts.real, parts.imaginary].map {
            Tensor.cat($0, 3).matmul(cosines).transpose(2, 3).contiguous()
        }
        let shape = inTime[0].shape
        let Q = Tensor.stack(inTime, -1).viewAsComplex().reshape([shape[0], shape[1], -1])
        let solved = level.factor.choleskySolve(Q).reshape(shape).viewAsReal()
        let (real, imaginary) = (solved.select(4, 0), solved.select(4, 1))
        left = Tensor.cat(inTime, 1)
        right = (Tensor.cat([real, imaginary], 1), Tensor.cat([imaginary, -real], 1))
    }

    /// Of `rows` states from `first` on with all from `first` on, complex: shape (wavenumbers, rows · kinds, columns · kinds).
    func products(first: Int, rows: Int) -> Tensor {
        let (start, columns) = (first - states.lowerBound, states.upperBound - first)
        let (wavenumbers, size) = (left.shape[0], left.shape[1])
        let L = left.narrow(2, start, rows).reshape([wavenumbers, size, rows * kinds]).transpose(1, 2)
        func product(_ R: Tensor) -> Tensor {
            L.matmul(R.narrow(2, start, columns).reshape([wavenumbers, size, columns * kinds]))
        }
        return Tensor.stack([product(right.real), product(right.imaginary)], -1).viewAsComplex()
    }
}
