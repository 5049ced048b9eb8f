import Experiments
import Figures
import Foundation
import Torch

extension Findings {
    /// The page of what was found so far.
    func page() async throws -> Report {
        var page = Report(
            title: "Latent or pixel", subtitle: "One network, the same minutes: quality, time and memory")
        tellTask(&page)
        tellTrainings(&page)
        tellDraws(&page)
        try await tellCurves(&page)
        try await tellScales(&page)
        page.provenance([
            ("command", CommandLine.arguments.joined(separator: " ")), ("mode", options.quick ? "quick" : "full"),
            ("seeds", "archive 1000, truths from 700, members of draw n from seed n"),
            (
                "arithmetic of the network's body",
                Precision.auto.dtype(on: .cpu) == .bfloat16 ? "bfloat16" : "float32"
            ),
        ])
        return page
    }

    private func tellTask(_ page: inout Report) {
        // %% [markdown]
        page.markdown(
            """
            A transformer denoises windows of 32 daily states of two-layer flow on 64 x 64 points. What it sees of a state is \
            either the fields themselves, cut into square patches, or latent cells of a linear codec, fitted to \
            \(grouped(options.trajectoryCount * options.trajectoryStates)) states, that drops what explains least. \
            Width (192), blocks (4), optimiser, Gaussian anchor, days in a token (8) and minutes of training are the same. \
            \(options.truthCount == 1 ? "A truth that was" : "\(options.truthCount) truths that were") not learnt from \
            \(options.truthCount == 1 ? "is" : "are") observed at \(Int((options.share * 4_096).rounded())) random points of the upper layer each day, with errors of a \
            tenth of the climate's deviation, and drawn over \(options.stateCount) days, \(options.memberCount) members.
            """)
        if options.quick { page.note("This is the **quick** run: hardly trained networks. Its numbers show nothing.") }
    }

    private func tellTrainings(_ page: inout Report) {
        // %%
        page.table(
            columns: [
                "representation", .number("numbers a state", decimals: 0), .number("tokens a window", decimals: 0),
                .number("codec's error, q1", units: "%", decimals: 1), "budget", .number("steps", decimals: 0),
                .number("a step", units: "s", decimals: 2), .number("parameters", units: "1e6", decimals: 2),
                .number("tensors", units: "MiB", decimals: 0),
            ],
            rows: trained.map { t in
                let time = t.model.card.denoiser?.network.patch.time ?? 1
                let points = t.model.card.grid.shape.x
                return [
                    .text(t.representation.title), .count(t.representation.numbers(points: points)),
                    .count(t.representation.tokens(points: points, states: t.model.window, time: time)),
                    .number(100 * t.reconstruction[0]), .text(t.budget.text), .count(t.cost.steps),
                    .number(t.cost.seconds / Double(t.cost.steps)), .number(Double(t.cost.parameters) / 1e6),
                    .number(Double(t.cost.tensorBytes) / 1_048_576),
                ]
            },
            caption: """
                Trainings. The codec's error is what it loses of held-out states, over the climate's deviation; tensors are the \
                most at once, of a batch of 8 windows and the anchor's estimate before it.
                """)
    }

    private func tellDraws(_ page: inout Report) {
        // %%
        func group(_ t: TrainedRepresentation) -> [[TableCell]] {
            options.stepCounts.compactMap { steps in
                let rows = rows(t.representation, t.budget.text, steps: steps)
                guard !rows.isEmpty else { return nil }
                return [
                    .text(t.representation.title), .text(t.budget.text), .count(steps),
                    .number(mean(rows) { $0.scores.crps[0] * 1e6 }),
                    halfWidth(rows.map { $0.scores.crps[0] * 1e6 }).map { .number($0) } ?? .missing,
                    .number(mean(rows) { $0.scores.crps[1] * 1e7 }), .number(mean(rows) { $0.scores.rmse[0] * 1e6 }),
                    .number(mean(rows) { $0.scores.spreadSkill[0] }), .number(mean(rows) { $0.scores.residual[0] }),
                    .number(mean(rows, \.seconds)), .number(mean(rows) { Double($0.tensorBytes) / 1_048_576 }),
                ]
            }
        }
        page.table(
            columns: [
                "representation", "training", .number("steps", decimals: 0),
                .number("CRPS of q1", units: "1e-6 s-1", decimals: 3, best: .lowest), .number("±", decimals: 3),
                .number("CRPS of q2", units: "1e-7 s-1", decimals: 3, best: .lowest),
                .number("RMSE of q1", units: "1e-6 s-1", decimals: 3, best: .lowest),
                .number("spread / skill", decimals: 2), .number("residual of q1", decimals: 2),
                .number("time", units: "s", decimals: 1), .number("tensors", units: "MiB", decimals: 0),
            ], rows: trained.flatMap(group),
            caption: """
                Posteriors, means over truths\(options.truthCount > 1 ? " with half the 95 % interval of the mean" : ""). Time and \
                tensors are those of a draw of all members; the residual is how far a state is from where the true model takes \
                the one before, over the change of that step.
                """)
        guard !options.quick, options.representations.count > 1, let base = options.representations.first else {
            return
        }
        let own = (training: byTraining(base), draw: byDraw(base))
        let sentences = options.representations.dropFirst().compactMap { other -> String? in
            let (training, draw) = (byTraining(other), byDraw(other))
            guard let score = training.score.last, let minutes = training.cost.last,
                let matched = own.training.cost(reaching: score)
            else {
                guard let best = own.training.score.last, let matched = training.cost(reaching: best),
                    let minutes = own.training.cost.last
                else { return nil }
                return String(
                    format: "- *%@* is as good as *%@* after %.1f minutes (%.3f) in %@%.1f: %@%.1f times faster.",
                    other.title, base.title, minutes, best, matched.isBound ? "at most " : "", matched.value,
                    matched.isBound ? "at least " : "", minutes / matched.value)
            }
            var text = String(
                format:
                    "- *%@* after %.1f minutes has a CRPS of q1 of %.3f, which *%@* has after %@%.1f: %@%.1f times faster",
                other.title, minutes, score, base.title, matched.isBound ? "at most " : "", matched.value,
                matched.isBound ? "at least " : "", minutes / matched.value)
            if let best = draw.score.min(), let time = draw.cost(reaching: best),
                let matched = own.draw.cost(reaching: best)
            {
                text += String(
                    format:
                        "; after the longest training its best draw takes %.1f s, an equally good one %@%.1f s: %@%.1f times",
                    time.value, matched.isBound ? "at most " : "", matched.value, matched.isBound ? "at least " : "",
                    time.value / matched.value)
            }
            return text + "."
        }
        if !sentences.isEmpty { page.markdown("## At matched CRPS\n\n" + sentences.joined(separator: "\n")) }
    }

    private func tellCurves(_ page: inout Report) async throws {
        func figure(
            _ curve: (Representation) -> CostCurve, _ name: String, _ units: String, _ caption: String
        ) async throws {
            let curves = options.representations.map { ($0, curve($0)) }.filter { $0.1.cost.count > 1 }
            guard !curves.isEmpty else { return }
            try await page.figure(
                LineFigure(
                    curves.enumerated().map { index, one in
                        .init(
                            one.0.title, x: one.1.cost, y: one.1.score, colour: Palette.method(index), hasMarkers: true)
                    }, x: ChartAxis(name, units: units, scale: .logarithmic),
                    y: ChartAxis("CRPS of q1", units: "1e-6 s-1"), width: 520, height: 240), caption: caption)
        }
        try await figure(
            byTraining, "training", "min",
            "CRPS of q1 by the minutes of training, \(options.usualSteps) sampling steps.")
        try await figure(
            byDraw, "draw", "s",
            "CRPS of q1 by the seconds of a draw, after the longest training: more and more sampling steps."
        )
    }

    private func tellScales(_ page: inout Report) async throws {
        let bands = ["large", "eddies", "small", "edge"]
        let last = options.representations.compactMap { trainings(of: $0).last }.map { trained in
            (trained, rows(trained.representation, trained.budget.text, steps: options.usualSteps))
        }.filter { !$0.1.isEmpty }
        if !last.isEmpty {
            try await page.figure(
                BarFigure(
                    groups: bands,
                    series: last.map { trained, rows in
                        .init(
                            trained.representation.title,
                            values: bands.map { band in mean(rows) { $0.scores.bands[band] ?? .nan } })
                    }, quantity: "enstrophy over the truth's", width: 560),
                caption: """
                    Enstrophy of the members' upper layer over the truth's, from large scales to those where the model's filter begins: \
                    1 is right. A codec has little of the smallest scales.
                    """)
        }
        guard let truth = looks.first?.field, looks.count > 1 else { return }
        let side = Int(Double(truth.count).squareRoot().rounded())
        let axis = (0..<side).map { (Double($0) + 0.5) * 1e3 / Double(side) }
        let largest = Double(truth.map(abs).max() ?? 1) * 1e6
        var pictures: [(title: String, picture: Picture)] = []
        for (title, field) in looks {
            let map = MapFigure(
                field.map { Double($0) * 1e6 }, on: .plane(y: axis, x: axis, units: "km"),
                scale: .diverging("q1", units: "1e-6 s-1", range: -largest...largest), width: 220)
            pictures.append((title, try await map.picture()))
        }
        page.gallery(
            pictures, caption: "q1 of the first truth, three fourths of its days gone, and of one member of each.")
    }
}
