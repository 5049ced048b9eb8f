import Dynamics
import Experiments
import Figures
import Filters
import Foundation

/// Particles as the reference of trajectories.
func tellRozet2023(_ options: TwinExperimentsOptions, _ page: inout Report) async throws {
    let experiment = Rozet2023(
        particles: options.quick ? [256, 1_024] : [256, 1_024, 4_096, 16_384],
        sequences: options.seeds ?? (options.quick ? 1 : 32),
        paths: options.quick ? 256 : SDAChain.publishedPaths)
    let reference = experiment.particles.last!
    // %% [markdown]
    page.markdown(
        """
        ## A reference for posteriors of trajectories: the particles of SDA

        Rozet and Louppe 2023, arXiv 2306.10574, section 4.1, and their code. The Lorenz-63 chain has steps of 0.025, each \
        followed by Gaussian noise of variance 0.025; a trajectory is 65 states. Its first component over 8 is measured at \
        every 8th state with errors of 0.05 (*lo*) or at every state with errors of 0.25 (*hi*). \
        \(grouped(reference)) particles carry their whole past through every drawing; \(grouped(experiment.paths)) paths are \
        drawn from the last ones. \(experiment.sequences == 1 ? "One sequence" : "\(experiment.sequences) sequences") of \
        observations of as many truths.

        The distance is the mean Euclidean length of the cheapest assignment of the paths of one run to those of another, \
        over all 195 numbers, in the model's units. That of two runs is the floor: a sampler that is no farther from the \
        particles cannot be told from them by it. *Exact*: with its observations a draw from an exact posterior has the law of the \
        truth, so that the mean over sequences is known. *SDA*: the median of the authors' own particles over their 64 \
        sequences, read off the dashed lines of the figure in their repository, as there is no table: to within 2.4, 0.2 and \
        0.3 for the three scores. Their particles are drawn anew independently, ours systematically.

        As in their code, particles start from a normal law, \(SDAChain.spinUp) steps before the first observation is \
        awaited; truths have \(grouped(SDAChain.climateSpinUp)) steps to forget theirs. What that does is seen by a run with \
        as many, on \(Rozet2023.climateStarts) sequences at most.
        """)
    // %%
    var rows: [Rozet2023.Row] = []
    for network in Rozet2023.Network.allCases {
        let found = try experiment.rows(network, threads: ProcessInfo.processInfo.activeProcessorCount)
        for row in found { try publish(row, options) }
        rows += found
    }
    page.table(
        columns: [
            "observations", "score", .number("mean", decimals: 2), .number("±", decimals: 2),
            .number("median", decimals: 2), .number("exact", decimals: 2), .number("SDA", decimals: 1),
        ],
        rows: rows.filter { $0.particles == reference }.map { row in
            let quantity = Rozet2023.Quantity(rawValue: row.quantity)!
            let drawn = row.resampling == Resampling.multinomial.rawValue ? ", drawn independently as in SDA" : ""
            func cell(_ value: Double?) -> TableCell { value.map { .number($0) } ?? .missing }
            return [
                .text(row.observations), .text(quantity.title + drawn), .number(row.mean), cell(row.halfWidth),
                .number(row.median), cell(row.expected), cell(row.published),
            ]
        },
        caption: """
            \(grouped(reference)) particles, drawn systematically where nothing else is said; the interval is that of the mean \
            over sequences.
            """)
    page.table(
        columns: [
            .number("particles", decimals: 0), .number("lo, mean", decimals: 2), .number("±", decimals: 2),
            .number("median", decimals: 2), .number("hi, mean", decimals: 2), .number("±", decimals: 2),
            .number("median", decimals: 2),
        ],
        rows: experiment.particles.map { count in
            [.number(Double(count))]
                + Rozet2023.Network.allCases.flatMap { network in
                    selfDistances(rows, network).filter { $0.particles == count }
                        .flatMap { row -> [TableCell] in
                            [.number(row.mean), row.halfWidth.map { .number($0) } ?? .missing, .number(row.median)]
                        }
                }
        }, caption: "The distance of two runs by their number of particles.")
    try await page.figure(
        convergence(rows),
        caption: """
            The distance of two runs of \(experiment.particles.map(grouped).joined(separator: ", ")) particles: mean over \
            sequences\(rows.contains { $0.halfWidth != nil } ? " with its 95 % interval" : ""), and median. The mean is far above the median where two runs disagree on a few \
            sequences. It does not fall to zero: two samples of \
            \(grouped(experiment.paths)) paths of one law are apart.
            """)
    for network in Rozet2023.Network.allCases {
        try await page.figure(
            try posterior(network, particles: reference),
            caption: """
                \(network.title). The first component of 64 of the paths of one sequence, the mean of all, the truth and the \
                observations with their errors.
                """)
    }
}

/// Distances of two systematic runs by their number of particles.
private func selfDistances(_ rows: [Rozet2023.Row], _ network: Rozet2023.Network) -> [Rozet2023.Row] {
    rows.filter {
        $0.quantity == Rozet2023.Quantity.selfDistance.rawValue && $0.observations == network.rawValue
            && $0.resampling == Resampling.systematic.rawValue
    }
}

private func convergence(_ rows: [Rozet2023.Row]) -> LineFigure {
    let curves = Rozet2023.Network.allCases.enumerated().flatMap { index, network in
        let points = selfDistances(rows, network)
        let x = points.map { Double($0.particles) }
        // A band below zero says nothing: too few sequences.
        let edges = points.compactMap { p in p.halfWidth.map { (p.mean - $0, p.mean + $0) } }
        let hasBand = edges.count == points.count && edges.allSatisfy { $0.0 > 0 }
        return [
            LineFigure.Curve(
                "\(network.rawValue), mean", x: x, y: points.map(\.mean),
                band: hasBand ? .init(lower: edges.map(\.0), upper: edges.map(\.1)) : nil,
                colour: Palette.method(index), hasMarkers: true),
            LineFigure.Curve(
                "\(network.rawValue), median", x: x, y: points.map(\.median), colour: Palette.method(index),
                pattern: .dashed, hasMarkers: true),
        ]
    }
    return LineFigure(
        curves, x: ChartAxis("particles", scale: .logarithmic, range: 200...22_000),
        y: ChartAxis("distance of two runs", beginsAtZero: true))
}

private func posterior(_ network: Rozet2023.Network, particles: Int) throws -> SeriesFigure {
    let truth = SDAChain.truth(network, sequence: 0)
    let run = try SDAChain.particles(particles, network, truth, sequence: 0, run: 0, .systematic)
    let states = SDAChain.states
    let step = SDAChain.chain.timeStep
    let paths = run.paths(64, seed: 1)
    let measured = truth.values.indices.filter { truth.values[$0] != nil }
    return SeriesFigure(
        times: .elapsed((0..<states).map { Double($0) * step }, units: ""), quantity: "x₁", units: "",
        members: (0..<64).map { path in (0..<states).map { paths[(path * states + $0) * 3] } },
        mean: (0..<states).map { run.moments(at: $0).mean[0] }, truth: truth.trajectory.map { $0[0] },
        observed: .init(
            times: measured.map { Double($0) * step }, values: measured.map { 8 * truth.values[$0]![0] },
            errors: measured.map { _ in 8 * network.error }))
}

private func publish(_ row: Rozet2023.Row, _ options: TwinExperimentsOptions) throws {
    if options.json {
        print(try row.jsonLine)
    } else {
        print(
            String(
                format: "%-12@ %-3@ %-20@ %6d particles, %-12@ %10.3f ± %.3f  median %.3f%@%@",
                row.experiment as NSString, row.observations as NSString, row.quantity as NSString, row.particles,
                row.resampling as NSString, row.mean, row.halfWidth ?? .nan, row.median,
                (row.expected.map { String(format: "  exact %.2f", $0) } ?? "") as NSString,
                (row.published.map { String(format: "  SDA %.1f", $0) } ?? "") as NSString))
    }
    fflush(nil)
}
