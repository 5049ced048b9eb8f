import Experiments
import Figures
import Foundation
import Lorenz63Prior
import Torch
import Training

/// Everything that the page shows.
struct Telling {
    let results: [SDAObservations: Results]
    let priors: [Int: LorenzPrior]
    let sizes: Sizes
    let options: Lorenz63SDAOptions

    /// The page.
    func page() async throws -> Report {
        var page = Report(
            title: "Lorenz-63, as in score-based data assimilation",
            subtitle:
                "Rozet & Louppe 2023, arXiv 2306.10574, section 4.1: our library, the authors' code, and particles")
        tellTask(&page)
        tellPriors(&page)
        tellTarget(&page)
        for observations in SDAObservations.allCases { try await tellScores(observations, &page) }
        page.provenance([
            ("command", CommandLine.arguments.joined(separator: " ")), ("sizes", sizes.name),
            (
                "arithmetic of our networks' bodies in sampling",
                Precision.auto.dtype(on: .cpu) == .bfloat16 ? "bfloat16" : "float32"
            ),
            ("seeds", "fixed, written in the sources"),
        ])
        return page
    }

    private func tellTask(_ page: inout Report) {
        // %% [markdown]
        page.markdown(
            """
            The Lorenz-63 chain has steps of 0.025, each followed by Gaussian noise of variance 0.025; a trajectory is 65 \
            states. Its first component over 8 is measured at every 8th state with errors of 0.05 (*lo*) or at every state \
            with errors of 0.25 (*hi*). A denoiser of windows of 2k + 1 states is learnt from trajectories; of a whole \
            trajectory each state is denoised in the middle of its window. Posteriors are drawn with \(sizes.steps) steps, \
            each with C corrections, and scored by the mean over samples of log p(x₂…x_L | x₁) and of log p(y | x), and by the \
            earth mover's distance (W₁, over all 195 numbers in the units of the model) to \
            \(grouped(sizes.paths)) paths of \(grouped(sizes.particles)) particles that carry their past.

            - **particles**: as many paths of an independent run as there are samples, scored as these are. Its distance is the \
            floor: a sampler that reaches it cannot be told from particles.
            - **SDA's algorithm**: in our library, with our networks: likelihood of variance Σ + γ (σ/α)², γ = 0.03, the cosine \
            schedule, DDIM with C Langevin corrections after each step, τ = 0.25.
            - **ours**: moment matching with one iteration of conjugate gradients, which takes two gradients through the \
            network an evaluation where SDA takes one; four fifths of the steps where σ is \
            between 0.02 and 0.5, since windows of a few states say little of a trajectory under more noise than that and \
            suffice under less; C corrections before each step that keep the noise's variance, long ones (δ = 1) down to \
            σ = 0.04 and short ones (δ = 0.5) below, where they would otherwise smooth the chain's own noise away.
            - **SDA's code**: the authors' repository at the commit that `Benchmarks/sda-lorenz63/run` names, trained on the \
            same archive for as many epochs, with the same observations; scored here with the same particles.
            """)
        page.markdown(
            """
            **Sizes: \(sizes.name).** \(sizes.sequences == 1 ? "One sequence" : "\(sizes.sequences) sequences") of \
            observations, \(grouped(sizes.samples)) samples of each posterior, \(sizes.steps) steps, networks trained for \
            \(grouped(sizes.epochs)) epochs. The paper has 64 sequences, 1,024 samples and 4,096 epochs (`--paper`). With fewer samples the \
            floor is higher and what is measured in it nearer to 1: for 1,024 paths it is 5.2 (*lo*) and 5.9 (*hi*), as \
            `twin-experiments` shows. Intervals are 95 % of the mean over \
            sequences.
            """)
        if !options.order.isEmpty || !options.corrections.isEmpty {
            page.note(
                """
                This run was asked for \(sizes.runs.map { "k = \($0.k) with C = \($0.corrections)" }.joined(separator: ", ")) \
                only. The paper has k from 1 to 4 and C in 0, 1, 2, 4, 8, 16.
                """)
        }
        if options.quick {
            page.note(
                "This is the **quick** run: a hardly trained network and few steps. Its numbers say nothing of the methods."
            )
        }
    }

    private func tellPriors(_ page: inout Report) {
        let peer = results.values.reduce(into: [Int: Double]()) { $0.merge($1.peerTrainingSeconds) { a, _ in a } }
        // %% [markdown]
        page.markdown(
            """
            ## Priors

            Residual perceptrons of width 256 with five blocks, batches of \(sizes.batch) windows, one window of every \
            trajectory an epoch, AdamW. Ours has the preconditioning of Karras et al. and averaged weights; SDA's predicts the \
            noise. Ours are scored on trajectories held out, in units of the error expected before training.
            """)
        // %%
        page.table(
            columns: [
                "k", .number("window", decimals: 0), .number("steps", decimals: 0),
                .number("loss, ours", decimals: 3), .number("time, ours", units: "s", decimals: 0),
                .number("time, SDA's code", units: "s", decimals: 0),
            ],
            rows: sizes.orders.map { k in
                [
                    .text("\(k)"), .count(2 * k + 1), .count(sizes.trainingSteps), .number(priors[k]!.loss),
                    .number(priors[k]!.seconds), peer[k].map { .number($0) } ?? .missing,
                ]
            }, caption: "Training, one thread each; times are of a machine that may have had other work.")
    }

    private func tellTarget(_ page: inout Report) {
        guard let lo = results[.lo], let ours = lo.row("ours", k: 2, corrections: 2) else { return }
        let floor = lo.reference.scores
        let times = ours.timesFloor(floor)
        let width = halfWidth(ours.scores.distance).map { $0 / average(floor.distance) }
        let interval = width.map { String(format: " ± %.2f", $0) } ?? ""
        let verdict =
            times > 1.5
            ? String(format: "missed by %.0f %%", 100 * (times / 1.5 - 1))
            : times + (width ?? 0) > 1.5 ? "met by the mean, while its interval reaches beyond" : "met"
        var text = """
            ## What was asked

            With two corrections and windows of five states, *lo*: W₁ within 1.5 times the floor. **Ours: \
            \(told(ours.scores.distance)), \(String(format: "%.2f", times))\(interval) times the floor of \
            \(told(floor.distance)): \(verdict).** Its log p(x₂…x_L | x₁) is \(told(ours.scores.logPrior)), that of \
            particles \(told(floor.logPrior)): larger would mean trajectories that are smoother than the chain's, which the \
            distance of few samples rewards.
            """
        for observations in SDAObservations.allCases {
            guard let found = results[observations], let peer = found.row(Results.peer, k: 2, corrections: 2),
                let ours = found.row("ours", k: 2, corrections: 2)
            else { continue }
            let count = peer.scores.distance.count
            let differences = zip(peer.scores.distance, ours.scores.distance).map { $0 - $1 }
            text += """


                *\(observations.rawValue)*, against SDA's code at the same \(grouped(peer.evaluations)) network evaluations, on \
                \(count == 1 ? "one sequence" : "the first \(count) sequences"): SDA's code \
                \(told(peer.scores.distance)), ours less by \(told(differences)).
                """
        }
        page.markdown(text)
    }

    private func tellScores(_ observations: SDAObservations, _ page: inout Report) async throws {
        guard let found = results[observations] else { return }
        let floor = found.reference.scores
        page.markdown("## \(observations.title)")
        func cells(_ values: [Double]) -> [TableCell] {
            [.number(average(values)), halfWidth(values).map { .number($0) } ?? .missing]
        }
        let all = [found.particles(sizes)] + found.rows
        func head(_ row: PosteriorRow) -> [TableCell] {
            row.k == 0
                ? [.text(row.method), .missing, .missing]
                : [.text(row.method), .text("\(row.k)"), .text("\(row.corrections)")]
        }
        page.table(
            columns: [
                "method", "k", "C", .number("evaluations", decimals: 0), .number("W₁", decimals: 2),
                .number("±", decimals: 2), .number("÷ floor", decimals: 2), .number("sequences", decimals: 0),
                .number("time", units: "s", decimals: 0),
            ],
            rows: all.map { row in
                head(row) + [row.k == 0 ? .missing : .count(row.evaluations)] + cells(row.scores.distance)
                    + [.number(row.timesFloor(floor)), .count(row.scores.distance.count), .number(row.seconds)]
            }, caption: "Distances to the particles; time of all sequences, of particles that of both runs.")
        page.table(
            columns: [
                "method", "k", "C", .number("log p(x₂…x_L | x₁)", decimals: 1), .number("±", decimals: 1),
                .number("log p(y | x)", decimals: 2), .number("±", decimals: 2),
            ],
            rows: all.map { head($0) + cells($0.scores.logPrior) + cells($0.scores.logLikelihood) },
            caption: "Log densities, means over samples.")
        let hasBands = sizes.sequences > 1 && Set(sizes.runs.map(\.corrections)).count > 1
        for score in Score.allCases {
            try await page.figure(
                figure(score, found),
                caption: """
                    \(observations.rawValue): \(score.caption), against network evaluations a step, which are one more than \
                    the corrections\(hasBands && score.hasBands ? "; bands are 95 % of the mean" : ""). \
                    \(options.quick ? "" : "The range is the paper's: what lies beyond is in the table.")
                    """)
        }
        if sizes.orders.count > 1 {
            try await page.figure(
                figureOfWindows(found),
                caption: "\(observations.rawValue): the distance against the window, at two corrections.")
        }
        if sizes.sequences > 1 {
            try await page.figure(
                figureOfSequences(found), caption: "\(observations.rawValue): the distance, sequence by sequence.")
        }
    }

    /// A mean with its interval.
    private func told(_ values: [Double]) -> String {
        String(format: "%.2f", average(values)) + (halfWidth(values).map { String(format: " ± %.2f", $0) } ?? "")
    }
}
