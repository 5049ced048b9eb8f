import Torch

extension HomogeneousLaw {
    /// The covariance of the first states of a window, to be inverted at any noise level: one matrix for each wavenumber.
    ///
    /// With other variances along the law's eigenvectors, V = E diag(v) Eᵀ, it gives (ρ² + A V Aᵀ)⁻¹ for A the choice of the
    /// first states: in wavenumber space S = ρ² + Σ_g B_g diag(v_g) B_g†, B the eigenvectors seen at these states.
    public struct FirstStates: @unchecked Sendable {
        /// States that are seen.
        public let count: Int
        /// B of each group of cosine frequencies, of shape (wavenumbers, channels · count, eigenvectors).
        let seen: [ComplexMatrices]
        private let law: HomogeneousLaw

        /// The first `count` states of a law's windows.
        ///
        /// - Precondition: fewer than the window's.
        public init(_ count: Int, of law: HomogeneousLaw) {
            precondition((1..<law.shape[1]).contains(count), "\(count) states of a window of \(law.shape[1])")
            (self.count, self.law) = (count, law)
            seen = law.eigenvectors(at: 0..<count)
        }

        /// V and S at a noise level.
        public struct Level {
            /// Each group's variances, shape (wavenumbers, eigenvectors, 2, 1).
            fileprivate let variances: [Tensor]
            /// Lower Cholesky factors of S, shape (wavenumbers, channels · count, same), complex.
            let factor: Tensor
        }

        /// V and the factors of ρ² + A V Aᵀ.
        ///
        /// - Parameters:
        ///   - variances: along the law's eigenvectors, shape (rank)
        ///   - error: ρ², positive
        public func level(variances: Tensor, error: Double) -> Level {
            let parts = law.parts(variances.unsqueeze(0))
            let size = seen[0].real.shape[1]
            var matrix = (error * Tensor.eye(size)).to(.complex128).unsqueeze(0)
            for (B, v) in zip(seen, parts) {
                // Real and imaginary parts have one variance, but for pairs that fall into two groups of an error's ratios.
                let v = v.mean([2]).transpose(1, 2).to(.complex64)
                let B = B.complex
                matrix = matrix + (B * v).matmul(B.transpose(1, 2).conjugate()).to(.complex128)
            }
            let factor = (0.5 * (matrix + matrix.transpose(1, 2).conjugate())).cholesky().to(.complex64)
            return Level(variances: parts, factor: factor)
        }

        /// (ρ² + A V Aᵀ)⁻¹ b, differentiable in b.
        ///
        /// - Parameter b: shape (batch, channels, count, y, x)
        /// - Returns: same shape.
        public func solve(_ b: Tensor, at level: Level) -> Tensor {
            let (channels, ny, nx) = (law.shape[0], law.shape[2], law.shape[3])
            let u = solution(spectrum(b), level)
            return u.reshape([ny, nx / 2 + 1, channels, count, 2, -1]).permute([5, 2, 3, 0, 1, 4]).contiguous()
                .viewAsComplex().irfft2([ny, nx], norm: .ortho)
        }

        /// V Aᵀ (ρ² + A V Aᵀ)⁻¹ b: what b moves of whole windows, differentiable in b.
        ///
        /// - Parameter b: shape (batch, channels, count, y, x)
        /// - Returns: shape (batch, channels, time, y, x).
        public func increment(_ b: Tensor, at level: Level) -> Tensor {
            law.synthesis(spread(solution(spectrum(b), level), level))
        }

        /// (V − V Aᵀ (ρ² + A V Aᵀ)⁻¹ A V) x for windows x: the covariance of those whose first states are known. Only one
        /// transform each way: all between stays among wavenumbers.
        public func knowing(_ x: Tensor, at level: Level) -> Tensor {
            let moved = zip(law.analysis(x), level.variances).map { $0 * $1 }
            let first = zip(seen, moved).map { $0.product($1) }
            let back = spread(solution(first.dropFirst().reduce(first[0], +), level), level)
            return law.synthesis(zip(moved, back).map { $0 - $1 })
        }

        /// Wavenumbers of the first states, shape (wavenumbers, channels · count, 2, batch).
        private func spectrum(_ b: Tensor) -> Tensor {
            let (batch, channels, ny, nx) = (b.shape[0], law.shape[0], law.shape[2], law.shape[3])
            return b.rfft2(norm: .ortho).viewAsReal().permute([3, 4, 1, 2, 5, 0])
                .reshape([ny * (nx / 2 + 1), channels * count, 2, batch])
        }

        /// S⁻¹ b among wavenumbers.
        private func solution(_ b: Tensor, _ level: Level) -> Tensor {
            let right = b.transpose(2, 3).contiguous().viewAsComplex()
            return level.factor.choleskySolve(right).viewAsReal().transpose(2, 3)
        }

        /// V Aᵀ u in unweighted coordinates.
        private func spread(_ u: Tensor, _ level: Level) -> [Tensor] {
            zip(seen, level.variances).map { $1 * $0.adjointProduct(u) }
        }
    }
}
