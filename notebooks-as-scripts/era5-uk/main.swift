import Assimilation
import Fields
import Figures
import Filters
import Foundation
import Models
import Observing
import Torch
import Training
import Verification

let options = ExperimentOptions.parseOrExit()
do {
    try await tell(options)
} catch is CancellationError {
    FileHandle.standardError.write(
        Data("error: interrupted: trainings are kept in \(options.folder.path); the same command goes on\n".utf8))
    exit(130)
} catch {
    FileHandle.standardError.write(Data("error: \(error)\n".utf8))
    exit(1)
}

/// The experiment, told from the archive to the scores.
func tell(_ options: ExperimentOptions) async throws {
    var page = Report(
        title: "From stations to an ensemble of trajectories",
        subtitle: "ERA5 2 m temperature over the British Isles, March 2019")
    let progress: any ProgressReporter = ProgressBar()
    func publish(_ row: Row) {
        print(options.json ? row.json : row.text)
        // Rows are worth reading as they come, also through a pipe.
        fflush(nil)
    }

    // %% [markdown]
    page.markdown(
        """
        A few stations report the 2 m temperature every hour, with an error of 0.5 K. What was the temperature everywhere \
        else? The prior is learnt from 1 to 20 March; 21 to 25 March are analysed and scored. The classical answer, optimal \
        interpolation, gets the same observations.

        What was chosen how: weights come from 1 to 20 March, the moving average at the last step; 21 to 25 March give \
        the validation losses below and the autoencoder's own error, which is added to that of the observations. The \
        Gaussian law's mixture and inflation were settled on 16 to 20 March, from a law of 1 to 15 March, after first trials \
        on two draws of the scored days; that moment matching's solve is taken without iterations, on one of those draws \
        and on the quasi-geostrophic world. How much of the network's corrections is kept, and the errors that weigh it \
        beside observations, are measured on 1 to 20 March in four-day parts, each on a network that learnt from days at least \
        one away from it.

        ## The archive
        """)
    // %%
    let archive = try Archive(contentsOf: [options.archive], variables: ["t2m"])
    let world = try World(archive, quick: options.quick)
    try FileManager.default.createDirectory(at: options.folder, withIntermediateDirectories: true)
    page.paragraph(
        "\(archive.times.count) hours on \(archive.grid.summary): \(world.past.times.count) to learn from, "
            + "\(world.truth.times.count) to be scored on.")
    if options.quick {
        page.note("This is the **quick** run: a few training steps, one draw and one day. Its numbers show nothing.")
    }

    // %% [markdown]
    page.markdown(
        """
        ## Two trainings

        An autoencoder turns each state into a few channels on a coarser grid, and back. A denoiser then learns windows of \
        24 such states. It is anchored at a Gaussian law: with the network at zero the posterior is optimal interpolation \
        (in latent space), and a loss of 1 is the error that this law expects of itself. What it \
        really gets on the days held out is the validation loss before the first step.

        Twenty days are few, and a network that learnt them corrects the law too much on other days. So five more are \
        trained, each without four of the days and those beside them, and tell on the four by how much: at each noise \
        level and for each group of the law's directions the corrections are kept by their weight of least squares. The \
        losses below are of corrections that are whole.
        """)
    // %%
    let model = options.folder.appendingPathComponent("model", isDirectory: true)
    func configuration<T: Decodable>(_ name: String, as type: T.Type) throws -> T {
        guard let url = Bundle.module.url(forResource: name, withExtension: "yaml") else {
            throw ConfigurationError(message: "\(name).yaml is not beside the program: build it again")
        }
        return try StrictYAML.decode(type, from: url)
    }
    let interruption = Interruption()
    interruption.listen()
    var encoding = try configuration("autoencoder", as: AutoencoderTrainingConfiguration.self)
    if options.quick { encoding.training.steps = 10 }
    let encoderStart = ContinuousClock.now
    let encoder = try trainAutoencoder(
        encoding, archive: [options.archive], output: model, name: "era5-uk", reporter: progress,
        interruption: interruption)
    guard encoder.status != .interrupted else { throw CancellationError() }
    var denoising = try configuration("denoiser", as: DenoiserTrainingConfiguration.self)
    if options.quick { denoising.training.steps = 8 }
    let denoiserStart = ContinuousClock.now
    let denoiser = try trainDenoiser(
        denoising, archive: [options.archive], model: model, reporter: progress, interruption: interruption)
    guard denoiser.status != .interrupted else { throw CancellationError() }
    let trained = ContinuousClock.now
    let trajectory = try TrajectoryModel(contentsOf: model)
    let reconstruction = reconstructionError(trajectory.codec, world.truth)
    publish(
        Row(
            row: "autoencoder", method: "autoencoder alone", rmse: reconstruction,
            seconds: (denoiserStart - encoderStart).seconds, steps: trajectory.card.autoencoder.training.steps))
    publish(
        Row(
            row: "denoiser", method: "denoiser", seconds: (trained - denoiserStart).seconds,
            loss: trajectory.card.denoiser?.validationLoss, steps: trajectory.card.denoiser?.training.steps))
    page.table(
        columns: [
            "network", .number("parameters"), .number("steps"), .number("training", units: "s", decimals: 0),
            "on the days held out",
        ],
        rows: [
            [
                "autoencoder", .count(trajectory.card.autoencoder.training.parameters),
                .count(trajectory.card.autoencoder.training.steps),
                .number(trajectory.card.autoencoder.training.seconds),
                .text(String(format: "reconstruction RMSE %.3f K", reconstruction)),
            ],
            [
                "denoiser", .count(trajectory.card.denoiser?.training.parameters ?? 0),
                .count(trajectory.card.denoiser?.training.steps ?? 0),
                .number(trajectory.card.denoiser?.training.seconds ?? .nan),
                .text(
                    String(
                        format: "loss %.3f",
                        trajectory.card.denoiser?.validationLoss ?? .nan)),
            ],
        ], caption: "The two trainings, without those of the parts.")
    if let weights = trajectory.weights {
        try await page.figure(
            keptCorrections(weights),
            caption:
                "How much of the network's corrections is kept, as measured on the parts held out. Directions are those of "
                + "the Gaussian law, by descending variance; noise is in standard deviations of latents.")
    }

    // %% [markdown]
    page.markdown(
        """
        ## Posterior and optimal interpolation, draw by draw

        Each draw puts the stations elsewhere. Optimal interpolation runs three times: in space alone; with the hours before \
        and after, from the plain sample covariance of the training days; and with localisation and lags tuned on the \
        training days. The diffusion posterior runs with its network and, as *Gaussian anchor*, without.
        """)
    // %%
    let training = try TrainingStates(world.past)
    let mean = try ClimatologicalMean(of: training)
    let anomalies = try Anomalies(of: training, mean: mean)
    func plain(_ halfWidth: Int) throws -> OptimalInterpolation {
        OptimalInterpolation(
            climatology: mean, covariance: try EnsembleCovariance(anomalies, halfWidth: halfWidth),
            halfWidth: halfWidth,
            step: training.step)
    }
    let (spatial, spaceTime) = (try plain(0), try plain(1))
    var outcomes: [Outcome] = []
    for stations in options.stationCounts {
        for draw in 0..<options.drawCount {
            let observations = try world.observations(stations: stations, draw: draw)
            let vector = try world.vector(observations)
            if interruption.isRequested { throw CancellationError() }
            let (tuned, _) = try OptimalInterpolation.tuned(
                on: training, observations: vector, times: world.truth.times, maximumHalfWidth: options.quick ? 1 : 3)
            for (method, name) in [
                (spatial, "OI in space"), (spaceTime, "OI in space and time (±1 h)"),
                (tuned, "OI tuned on days 1 to 20"),
            ] {
                outcomes.append(
                    try world.interpolated(
                        method, named: name, vector, members: options.members, stations: stations, draw: draw))
                publish(Row(outcomes[outcomes.count - 1]))
            }
            for isGaussian in [true, false] {
                var how = PosteriorOptions()
                how.gaussianOnly = isGaussian
                how.batch = 10
                let name = isGaussian ? "Gaussian anchor" : "diffusion posterior"
                outcomes.append(
                    try world.assimilated(
                        trajectory, named: name, vector, members: options.members, stations: stations, draw: draw,
                        options: how
                    ) { done, total in
                        if interruption.isRequested { throw CancellationError() }
                        progress.show(
                            ProgressReport(
                                title: "\(stations) stations, draw \(draw), \(name)", completed: done, total: total,
                                unit: "steps"))
                    })
                progress.finish()
                publish(Row(outcomes[outcomes.count - 1]))
            }
        }
    }

    // %% [markdown]
    page.markdown(
        """
        ## Scores

        RMSE is that of the mean of the members; a mean of a few members errs a little more than the exact mean, which \
        optimal interpolation also knows (last columns). CRPS is the fair one. Spread over skill is 1 when the ensemble is \
        as unsure as it errs, and the range of the members should hold the truth as often as is nominal.
        """)
    // %%
    var methods: [String] = []
    for outcome in outcomes where !methods.contains(outcome.method) { methods.append(outcome.method) }
    for stations in options.stationCounts {
        let own = outcomes.filter { $0.stations == stations }
        let means = methods.map { name in Row(meanOf: own.filter { $0.method == name }) }
        means.forEach(publish)
        page.table(
            columns: [
                "method", .number("RMSE", units: "K", decimals: 3, best: .lowest),
                .number("CRPS", units: "K", decimals: 3, best: .lowest),
                .number("spread ÷ skill", decimals: 2, best: .nearest(1)),
                .number("coverage", units: "%", decimals: 1),
                .number("exact RMSE", units: "K", decimals: 3), .number("exact CRPS", units: "K", decimals: 3),
                .number("time", units: "s", decimals: 0),
            ],
            rows: means.map { row in
                func cell(_ value: Double?, _ factor: Double = 1) -> TableCell {
                    value.map { .number($0 * factor) } ?? .missing
                }
                return [
                    .text(row.method ?? ""), cell(row.rmse), cell(row.crps), cell(row.spreadSkill),
                    cell(row.coverage90, 100), cell(row.exactRmse), cell(row.exactCrps), cell(row.seconds),
                ]
            },
            caption:
                "Mean over \(options.drawCount == 1 ? "1 draw" : "\(options.drawCount) draws") of \(stations) stations, "
                + "\(options.members) members; nominal "
                + String(format: "coverage %.1f %%.", 100 * (outcomes[0].scores.coverage90Nominal ?? .nan)))
    }
    if options.drawCount > 1 {
        try await page.figure(
            BarFigure(
                groups: (0..<options.drawCount).map { "draw \($0)" },
                series: methods.map { name in
                    .init(
                        name,
                        values: outcomes.filter { $0.method == name && $0.stations == options.shownCount }
                            .map(\.scores.rmse))
                }, quantity: "RMSE", units: "K", width: 640),
            caption: """
                Error of the mean by draw of \(options.shownCount) stations: where they stand matters as much as the method.
                """)
    }
    if options.stationCounts.count > 1 {
        try await page.figure(
            BarFigure(
                groups: options.stationCounts.map { "\($0) stations" },
                series: methods.map { name in
                    .init(
                        name,
                        values: options.stationCounts.map { stations in
                            Row(meanOf: outcomes.filter { $0.method == name && $0.stations == stations }).crps ?? .nan
                        })
                }, quantity: "CRPS", units: "K", width: 640),
            caption: "CRPS by the number of stations, mean over draws.")
    }

    // %% [markdown]
    page.markdown(
        """
        ## Looking

        The first draw of \(options.shownCount) stations, in the middle of the period.
        """)
    // %%
    let shown = outcomes.filter { $0.draw == 0 && $0.stations == options.shownCount }
    let first = try world.observations(stations: options.shownCount, draw: 0)
    try await look(world, shown[shown.count - 1], shown, first, &page)
    page.provenance([
        ("command", CommandLine.arguments.joined(separator: " ")), ("archive", options.archive.lastPathComponent),
        ("mode", options.quick ? "quick" : "full"), ("seed", "0; stations of draw n from seed n"),
    ])
    let report = options.folder.appendingPathComponent("index.html")
    try page.write(to: report)
    progress.say("page: \(report.path)")
}
