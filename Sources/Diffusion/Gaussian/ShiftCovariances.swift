import Torch

/// The covariances of all shifts of some templates at one noise level: by two states, two templates and a displacement.
public struct ShiftCovariances: @unchecked Sendable {
    /// States of a window whose rows are made together.
    static let statesAtOnce = 4
    /// Wavenumbers whose products are made together.
    private static let wavenumbersAtOnce = 16

    /// States of a window that are covered.
    public let states: Range<Int>
    private let kinds: Int
    /// Points along y and x.
    private let side: (y: Int, x: Int)
    /// For every ``statesAtOnce`` first states the covariances with those that are not before them, shape (first states, second
    /// states, kinds, kinds, y, x); the cell is that of the first less that of the second.
    private let parts: [Tensor]
    /// What is added to variances: single precision leaves so much open of what is known states' difference to the whole.
    private let rounding: Double

    /// Of the largest variance, where known states are taken off.
    private static let shareOpen = 1e-5

    /// The table of V = E diag(v) Eᵀ; where the first states of the window are known, of what is then left of it.
    ///
    /// - Parameters:
    ///   - variances: v, shape (rank)
    ///   - states: of the window that shifts will be of
    ///   - known: first states that are known, at this noise level
    public init(
        _ templates: ShiftedTemplates, variances: Tensor, states: Range<Int>,
        known: (states: HomogeneousLaw.FirstStates, level: HomogeneousLaw.FirstStates.Level)? = nil
    ) {
        let law = templates.law
        let (window, ny, nx) = (law.shape[1], law.shape[2], law.shape[3])
        precondition(states.lowerBound >= 0 && states.upperBound <= window, "states \(states) of a window of \(window)")
        (self.states, kinds, side) = (states, templates.kinds, (ny, nx))
        let K = templates.kinds
        let weights = law.parts(variances.unsqueeze(0)).map { $0.mean([2]).transpose(1, 2) }
        let frequencies = zip(law.groups, zip(templates.seen, weights)).map { group, factors in
            Self.products(factors.0, factors.1, kinds: K, frequencies: group.frequencies.count)
        }
        let reduction = known.map { FirstStatesReduction(templates, weights, states, $0.states, $0.level) }
        let cosines = law.cosines
        let scale = Double(ny * nx).squareRoot()
        parts = stride(from: states.lowerBound, to: states.upperBound, by: Self.statesAtOnce).map { first in
            let rows = min(Self.statesAtOnce, states.upperBound - first)
            let columns = states.upperBound - first
            // (rows, f', kinds · kinds · wavenumbers · 2), the first state's cosines added up.
            let half = zip(law.groups, frequencies).map { group, products in
                let size = group.frequencies.count
                return cosines.narrow(0, group.frequencies.lowerBound, size).narrow(1, first, rows).transpose(0, 1)
                    .matmul(products.reshape([size, -1])).reshape([rows, size, -1])
            }
            let right = cosines.narrow(1, first, columns).transpose(0, 1).unsqueeze(0).expand([rows, columns, window])
            var spectra = right.matmul(Tensor.cat(half, 1))
                .reshape([rows, columns, K, K, ny, nx / 2 + 1, 2]).viewAsComplex()
            if let reduction {
                let known = reduction.products(first: first, rows: rows)
                    .reshape([ny, nx / 2 + 1, rows, K, columns, K]).permute([2, 4, 3, 5, 0, 1])
                spectra = spectra - known
            }
            return scale * spectra.irfft2([ny, nx], norm: .ortho)
        }
        rounding = known == nil ? 0 : Self.shareOpen * Self.largestVariance(frequencies, of: law)
    }

    /// The largest variance of a template, its mean over the window's states: the sum of its spectra over frequencies and
    /// wavenumbers.
    private static func largestVariance(_ products: [Tensor], of law: HomogeneousLaw) -> Double {
        let (window, ny, nx) = (law.shape[1], law.shape[2], law.shape[3])
        let twice = (0..<nx / 2 + 1).map { $0 == 0 || (nx % 2 == 0 && $0 == nx / 2) ? 1.0 : 2 }
        let counts = Tensor(twice, shape: [1, nx / 2 + 1]).to(.float32).expand([ny, nx / 2 + 1]).reshape([-1, 1, 1])
        // (f, f', kinds, kinds, wavenumbers) to (wavenumbers, kinds, f): both diagonals.
        let sums = products.map { product in
            let own = product.select(5, 0).permute([4, 0, 1, 2, 3]).diagonal().permute([0, 3, 1, 2]).diagonal()
            return (own * counts).sum([0, 2])
        }
        return sums.dropFirst().reduce(sums[0], +).max().item() / Double(window)
    }

    /// S diag(v) S† of one group of frequencies, shape (f, f', kinds, kinds, wavenumbers, 2).
    ///
    /// - Parameters:
    ///   - seen: as in ``ShiftedTemplates``
    ///   - weights: v, shape (wavenumbers, 1, eigenvectors)
    private static func products(_ seen: Tensor, _ weights: Tensor, kinds: Int, frequencies: Int) -> Tensor {
        let wavenumbers = seen.shape[0]
        let n = kinds * frequencies
        let result = Tensor.zeros([frequencies, frequencies, kinds, kinds, wavenumbers, 2])
        for first in stride(from: 0, to: wavenumbers, by: wavenumbersAtOnce) {
            let count = min(wavenumbersAtOnce, wavenumbers - first)
            let S = seen.narrow(0, first, count)
            // Products of real and imaginary parts among one another.
            let all = (S * weights.narrow(0, first, count)).matmul(S.transpose(1, 2))
            let (real, imaginary) = (all.narrow(1, 0, n), all.narrow(1, n, n))
            let parts = [
                real.narrow(2, 0, n) + imaginary.narrow(2, n, n), imaginary.narrow(2, 0, n) - real.narrow(2, n, n),
            ]
            for (place, part) in parts.enumerated() {
                _ = result.narrow(4, first, count).select(5, place).copyInPlace(
                    part.reshape([count, kinds, frequencies, kinds, frequencies]).permute([2, 4, 1, 3, 0]))
            }
        }
        return result
    }

    /// The covariances of some shifts, shape (shifts, shifts); what stands above the diagonal means nothing. Where first states
    /// are known, variances are larger by a hundred-thousandth of the largest: as much as rounding leaves open, so that the matrix
    /// stays positive beside errors as small.
    ///
    /// - Precondition: all of ``states``.
    public func lowerTriangle(_ shifts: TemplateShifts) -> Tensor {
        precondition(
            shifts.states.isEmpty || states.contains(shifts.states.first!) && states.contains(shifts.states.last!),
            "shifts beyond the states \(states)")
        let cells = side.y * side.x
        let result = Tensor.zeros([shifts.count, shifts.count])
        // The part of the index that a displacement along an axis makes, from the least on.
        func wrapped(_ side: Int, _ stride: Int) -> Tensor {
            Tensor((1 - side..<side).map { ($0 + side) % side * stride })
        }
        let wraps = (y: wrapped(side.y, side.x), x: wrapped(side.x, 1))
        let ys = Tensor(shifts.cells.map { $0 / side.x })
        let xs = Tensor(shifts.cells.map { $0 % side.x })
        func displacements(_ first: Int, _ rows: Int, _ columns: Int) -> Tensor {
            func along(_ place: Tensor, _ side: Int, _ wrap: Tensor) -> Tensor {
                let away = place.narrow(0, first, rows).unsqueeze(1) - place.narrow(0, first, columns) + (side - 1)
                return wrap.indexSelect(0, away.flatten())
            }
            return (along(ys, side.y, wraps.y) + along(xs, side.x, wraps.x)).reshape([rows, columns])
        }
        let kinds = Tensor(shifts.kinds)
        let seconds = Tensor(zip(shifts.states, shifts.kinds).map { ($0 * self.kinds * self.kinds + $1) * cells })
        var first = 0
        while first < shifts.count {
            let state = shifts.states[first]
            let rows = shifts.states[first...].prefix { $0 == state }.count
            let columns = shifts.count - first
            let (part, place) = (state - states.lowerBound).quotientAndRemainder(dividingBy: Self.statesAtOnce)
            let origin = states.lowerBound + part * Self.statesAtOnce
            let index =
                displacements(first, rows, columns)
                + (kinds.narrow(0, first, rows) * (self.kinds * cells)).unsqueeze(1)
                + (seconds.narrow(0, first, columns) - origin * self.kinds * self.kinds * cells)
            let block = parts[part].select(0, place).flatten().indexSelect(0, index.flatten()).reshape([rows, columns])
            _ = result.narrow(0, first, columns).narrow(1, first, rows).copyInPlace(block.transpose(0, 1))
            first += rows
        }
        return rounding > 0 ? result + rounding * Tensor.eye(shifts.count) : result
    }
}
