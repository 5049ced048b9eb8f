import Experiments
import Figures
import Foundation
import Torch
import Training

/// The page of what was measured.
struct Telling {
    let options: KolmogorovSDAOptions
    let sizes: Sizes
    let training: Trained
    let found: [AssimilationTask: [TaskRow]]
    let measuring: Measuring

    /// The page.
    func page() async throws -> Report {
        var page = Report(
            title: "Kolmogorov flow, as in score-based data assimilation",
            subtitle: "Rozet & Louppe 2023, arXiv 2306.10574, section 4.2: one prior, their algorithm and ours")
        tellWorld(&page)
        tellPrior(&page)
        tellMethods(&page)
        for task in sizes.tasks { try await tell(task, &page) }
        page.provenance([
            ("command", CommandLine.arguments.joined(separator: " ")), ("sizes", sizes.name),
            ("model", measuring.weights),
            ("arithmetic of the network", Precision.auto.dtype(on: .cpu) == .bfloat16 ? "bfloat16" : "float32"),
            ("seeds", "archive 0, truths 1, errors of trajectory n 100 + n, members n"),
        ])
        return page
    }

    private func tellWorld(_ page: inout Report) {
        let flow = sizes.flow
        // %% [markdown]
        page.markdown(
            """
            Two-dimensional turbulence on a torus of side 2π, driven by a force sin 4y and slowed by drag, is seen in parts: \
            coarsely, in the middle, through an instrument that saturates, at few points. What did the whole flow do? A prior of \
            8 states in a row is learnt once and answers every question; only the likelihood changes.

            ## The world

            \(flow.points) x \(flow.points) points at a Reynolds number of \(Int((1 / flow.viscosity).rounded())), time step \
            \(flow.timeStep); states \(Sizes.interval) apart, \(Sizes.spinUp) thrown away and \(Sizes.kept) kept of \
            \(sizes.archive) trajectories, as means over \(sizes.coarsening) x \(sizes.coarsening) points: velocities on \
            \(flow.points / sizes.coarsening) x \(flow.points / sizes.coarsening). The paper has 1,024 trajectories on 256 x 256 \
            points, by another solver (`--paper` takes these sizes). Truths come from seeds of their own.
            """)
        if sizes.name == "quick" {
            page.note(
                "This is the **quick** run: a slow flow on few points and a network that has hardly learnt. It shows the way; its "
                    + "numbers show nothing.")
        }
    }

    private func tellPrior(_ page: inout Report) {
        // %% [markdown]
        page.markdown(
            """
            ## The prior

            A linear autoencoder puts 4 x 4 points of both velocities into 16 numbers. A transformer learns windows of 8 states of \
            them, anchored at the Gaussian law of a homogeneous flow: with the network at zero the posterior is optimal \
            interpolation in latent space, and a loss of 1 is what that law expects of itself. The transformer does not know where \
            it looks, and the force tells rows from one another: it is given beside the states, as a static field. The paper has a \
            U-Net over windows of 5 states of velocities.
            """)
        // %%
        let (encoder, denoiser) = (training.card.autoencoder.training, training.card.denoiser)
        page.table(
            columns: [
                "network", .number("parameters"), .number("steps"), .number("training", units: "s", decimals: 0),
                "on states held out",
            ],
            rows: [
                [
                    "autoencoder", .count(encoder.parameters), .count(encoder.steps), .number(encoder.seconds),
                    .text(String(format: "RMSE of velocities %.4f m/s", training.reconstruction)),
                ],
                [
                    "denoiser", .count(denoiser?.training.parameters ?? 0), .count(denoiser?.training.steps ?? 0),
                    .number(denoiser?.training.seconds ?? .nan),
                    .text(String(format: "loss %.3f", denoiser?.validationLoss ?? .nan)),
                ],
            ], caption: "The two trainings. The autoencoder's error is on the first truth below.")
    }

    private func tellMethods(_ page: inout Report) {
        // %% [markdown]
        page.markdown(
            """
            ## The methods

            - **ours**: moment matching by the denoiser's own measured errors, solved along the Gaussian law, \(sizes.steps) steps of \
            the stochastic DPM solver: the defaults of `sillage assimilate`, nothing tuned to these tasks.
            - **SDA's algorithm** on the same prior: likelihood of variance Σ + γ (σ/α)², γ = 0.01 as published, the cosine schedule \
            over the levels that the prior has learnt, DDIM with one Langevin correction a step (τ = 0.5).
            - **Gaussian anchor**: ours without its network.

            Scores are of both velocities over all states: RMSE of the mean of \(sizes.members) members, fair CRPS, spread over \
            skill (1 when members are as unsure as they err), and the deviation of (y − A(x))/σ over members, which is near 1 where \
            they explain what was measured and take its errors for errors. The prior's own error counts among those of \
            observations of velocities, so that a deviation above 1 is meant where these are as small. Intervals of 95 %, where there are any, are over \
            trajectories. Evaluations are those of the \
            network on one window, for one member.
            """)
    }
}
