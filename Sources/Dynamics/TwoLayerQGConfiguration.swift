extension TwoLayerQG {
    /// Physical and numerical parameters; the default is the eddy configuration of arXiv 2310.01853 and of `pyqg`.
    ///
    /// Keys are snake_case when encoded; a missing key takes its default.
    public struct Configuration: Sendable, Hashable, Codable {
        /// Grid points along each side of the square domain; even.
        public var points = 64
        /// Length of a side, metres.
        public var length = 1e6
        /// Meridional gradient β of the Coriolis parameter, m⁻¹ s⁻¹.
        public var beta = 1.5e-11
        /// Linear (Ekman) drag r_ek on the lower layer, s⁻¹.
        public var bottomDrag = 5.787e-7
        /// Deformation radius r_d, metres.
        public var deformationRadius = 15_000.0
        /// Ratio δ = H1/H2 of the layers' thicknesses.
        public var thicknessRatio = 0.25
        /// Background zonal velocity U1 of the upper layer, m s⁻¹.
        public var upperVelocity = 0.025
        /// Background zonal velocity U2 of the lower layer, m s⁻¹.
        public var lowerVelocity = 0.0
        /// Time step, seconds.
        public var timeStep = 7_200.0
        /// Strength of the exponential filter exp(−strength (κΔ − cutoff)⁴), per step; 0 switches it off.
        public var filterStrength = 23.6
        /// Scaled wavenumber κΔ below which the filter leaves the flow alone; π is the Nyquist wavenumber.
        public var filterCutoff = 0.65 * Double.pi
        /// Largest Courant number max(|u|, |v|) Δt/Δx before a run is declared blown up.
        public var courantLimit = 1.0

        /// The eddy configuration.
        public init() {}

        /// Standard deviations of q1 and q2 in the eddy configuration, s⁻¹, about the mean of all points and states: two runs of
        /// 1,500 days after ten years of spin-up.
        public static let standardDeviations = [8.23e-6, 1.06e-6]

        /// The jet configuration: weaker drag and gradient, where zonal jets emerge.
        ///
        /// - Source: Ross et al. 2023, J. Adv. Model. Earth Syst., Table 1.
        public static var jet: Configuration {
            var c = Configuration()
            c.bottomDrag = 7e-8
            c.thicknessRatio = 0.1
            c.beta = 1e-11
            return c
        }

        enum CodingKeys: String, CodingKey, CaseIterable {
            case points, length, beta
            case bottomDrag = "bottom_drag"
            case deformationRadius = "deformation_radius"
            case thicknessRatio = "thickness_ratio"
            case upperVelocity = "upper_velocity"
            case lowerVelocity = "lower_velocity"
            case timeStep = "time_step"
            case filterStrength = "filter_strength"
            case filterCutoff = "filter_cutoff"
            case courantLimit = "courant_limit"
        }

        /// Decodes the keys that are given; the others keep the eddy configuration's values.
        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            points = try c.decodeIfPresent(Int.self, forKey: .points) ?? points
            func read(_ key: CodingKeys, _ value: inout Double) throws {
                value = try c.decodeIfPresent(Double.self, forKey: key) ?? value
            }
            try read(.length, &length)
            try read(.beta, &beta)
            try read(.bottomDrag, &bottomDrag)
            try read(.deformationRadius, &deformationRadius)
            try read(.thicknessRatio, &thicknessRatio)
            try read(.upperVelocity, &upperVelocity)
            try read(.lowerVelocity, &lowerVelocity)
            try read(.timeStep, &timeStep)
            try read(.filterStrength, &filterStrength)
            try read(.filterCutoff, &filterCutoff)
            try read(.courantLimit, &courantLimit)
        }

        /// - Throws: `DynamicsError.invalidParameter` for the first parameter without meaning.
        func validate() throws {
            guard points >= 4, points.isMultiple(of: 2) else {
                throw DynamicsError.invalidParameter(
                    name: "points", value: "\(points)", expected: "an even number of at least 4")
            }
            let positive: [(String, Double)] = [
                ("length", length), ("deformation_radius", deformationRadius), ("thickness_ratio", thicknessRatio),
                ("time_step", timeStep), ("courant_limit", courantLimit),
            ]
            for (name, value) in positive where !(value > 0 && value.isFinite) {
                throw DynamicsError.invalidParameter(name: name, value: "\(value)", expected: "a positive number")
            }
            let nonNegative: [(String, Double)] = [
                ("bottom_drag", bottomDrag), ("filter_strength", filterStrength), ("filter_cutoff", filterCutoff),
            ]
            for (name, value) in nonNegative where !(value >= 0 && value.isFinite) {
                throw DynamicsError.invalidParameter(name: name, value: "\(value)", expected: "zero or more")
            }
            let finite: [(String, Double)] = [
                ("beta", beta), ("upper_velocity", upperVelocity), ("lower_velocity", lowerVelocity),
            ]
            for (name, value) in finite where !value.isFinite {
                throw DynamicsError.invalidParameter(name: name, value: "\(value)", expected: "a finite number")
            }
        }

        /// Layer thicknesses over the total depth, δ/(1 + δ) and 1/(1 + δ).
        public var depthFractions: (upper: Double, lower: Double) {
            (thicknessRatio / (1 + thicknessRatio), 1 / (1 + thicknessRatio))
        }

        /// Stretching coefficients F1 = r_d⁻²/(1 + δ) and F2 = δ F1, m⁻².
        public var stretching: (upper: Double, lower: Double) {
            let f1 = 1 / (deformationRadius * deformationRadius * (1 + thicknessRatio))
            return (f1, thicknessRatio * f1)
        }

        /// Meridional gradients of the background potential vorticity, β + F1 (U1 − U2) and β − F2 (U1 − U2),
        /// m⁻¹ s⁻¹.
        public var backgroundGradients: (upper: Double, lower: Double) {
            let shear = upperVelocity - lowerVelocity
            return (beta + stretching.upper * shear, beta - stretching.lower * shear)
        }
    }
}
