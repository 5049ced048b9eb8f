import Experiments
import Figures
import Foundation

extension Telling {
    /// A task: its scores, and maps of its first trajectory.
    func tell(_ task: AssimilationTask, _ page: inout Report) async throws {
        guard let rows = found[task], !rows.isEmpty else { return }
        // %% [markdown]
        page.heading(task.title)
        page.paragraph(task.summary.prefix(1).uppercased() + task.summary.dropFirst() + ".")
        if let remark = try remark(task) { page.paragraph(remark) }
        // %%
        table(task, rows, &page)
        if let verdict = verdict(rows) { page.paragraph(verdict) }
        try await maps(task, &page)
        if task == .coarse { try await spectra(rows, &page) }
    }

    /// What the reader should know of a task before its numbers.
    private func remark(_ task: AssimilationTask) throws -> String? {
        switch task {
        case .coarse:
            return
                "This takes several windows. Ours keep the middle 4 of 8 states, those of SDA's algorithm \(sizes.sdaStride), and its "
                + "sampler takes \(sizes.sdaSteps(task)) steps, for two evaluations of every window in each; as published are one "
                + "state and 256 steps."
        case .extrapolation:
            return
                "Errors this small are hard on SDA's sampler, whose likelihood is then steep where noise is small: in as many steps "
                + "as published it holds, in a quarter of them members left every bound in trials."
        case .saturation:
            return
                "In the authors' units s is one, w being a difference of velocities from block to block: one over a block's length "
                + "in ours. What is not linear enters moment matching by its best linear estimate under what each noise level "
                + "leaves unknown."
        case .ring:
            return
                "A vorticity of 0.6 over the distance between points (error 0.2 of the same) is asked for in a ring. No flow gave "
                + "it: the question is what course the prior finds that ends in it, and whether the flow itself, from the first "
                + "state of that course, ends there too (last row)."
        case .double:
            return
                "The prior knows a torus of side 2π. It is laid on one of 4π in tiles every π, each of which keeps its middle half; "
                + "it takes every tile for a torus, which it is not. Through every line around a torus as much flows one way as the "
                + "other, and the prior has learnt that this holds exactly; "
                + String(format: "here what flows through such a line of a tile is %.2f m/s ", try flowThroughTiles())
                + "(root mean square of its mean). *Quarters alone* are four analyses of 2π each, as if they closed on themselves; the "
                + "last row is a flow on 2π, measured as densely: what the prior can do where it holds."
        default: return nil
        }
    }

    /// Root mean square of v's mean along x over the trained side, in the first truth on twice the side.
    private func flowThroughTiles() throws -> Double {
        let truth = try measuring.truth(.double, 0)
        let n = truth.grid.shape.x
        let squares = (0..<truth.times.count).flatMap { t in
            (0..<2 * n).map { line -> Double in
                let first = ((2 * t + 1) * n + line / 2) * n + line % 2 * n / 2
                let mean = average(truth.values[first..<first + n / 2].map(Double.init))
                return mean * mean
            }
        }
        return average(squares).squareRoot()
    }

    private func table(_ task: AssimilationTask, _ rows: [TaskRow], _ page: inout Report) {
        func cell(_ value: Double?, _ half: Double?, _ format: String) -> TableCell {
            PrintedRow.text(value, half, format).map { .text($0) } ?? .missing
        }
        let trajectories = Set(rows.map(\.truth)).count
        page.table(
            columns: [
                "method", .number("RMSE", units: "m s-1"), .number("CRPS", units: "m s-1"),
                .number("spread ÷ skill"), .number("(y − A x)/σ"), .number("evaluations"),
                .number("time", units: "s", decimals: 0),
            ],
            rows: AssimilationMethod.methods(of: task).compactMap { method in
                PrintedRow(meanOf: rows.filter { $0.method == method }).map { row in
                    [
                        .text(method.title), cell(row.rmse, row.rmseHalfWidth, "%.4f"),
                        cell(row.crps, row.crpsHalfWidth, "%.4f"),
                        cell(row.spreadSkill, row.spreadSkillHalfWidth, "%.2f"),
                        cell(row.deviation, row.deviationHalfWidth, "%.2f"), .count(row.evaluations ?? 0),
                        row.seconds.map { .number($0) } ?? .missing,
                    ]
                }
            },
            caption: "\(grouped(rows[0].observations)) numbers measured, \(rows[0].members) members, "
                + (trajectories == 1 ? "1 trajectory." : "\(trajectories) trajectories."))
    }

    /// Who is better by CRPS, trajectory by trajectory.
    private func verdict(_ rows: [TaskRow]) -> String? {
        guard let first = rows.first?.method else { return nil }
        let own = Dictionary(uniqueKeysWithValues: rows.filter { $0.method == first }.map { ($0.truth, $0.crps) })
        let sentences = AssimilationMethod.allCases.compactMap { method -> String? in
            // Its truth is another one.
            guard method != first, method != .ownDomain else { return nil }
            let less = rows.filter { $0.method == method }.compactMap { row -> Double? in
                guard let theirs = row.crps, let ours = own[row.truth] ?? nil else { return nil }
                return theirs - ours
            }
            guard less.count > 1, let half = halfWidth(less) else { return nil }
            let mean = average(less)
            let word = mean > half ? "worse than" : mean < -half ? "better than" : "not told from"
            return String(format: "%@ is %@ %@ (%+.4f ± %.4f)", method.title, word, first.title, mean, half)
        }
        return sentences.isEmpty ? nil : "By CRPS, trajectory by trajectory: " + sentences.joined(separator: "; ") + "."
    }

    private func maps(_ task: AssimilationTask, _ page: inout Report) async throws {
        let truth = try measuring.truth(task, 0)
        let pictures = TaskPictures(
            task: task, world: task == .double ? measuring.doubled : measuring.world, truth: truth,
            observations: try measuring.observations(task, 0, truth), looks: measuring.looks)
        guard let figure = try pictures.figure() else { return }
        try await page.figure(
            figure,
            caption: task.hasTruth
                ? "The first trajectory: what was measured (grey where nothing was), then vorticity by central differences. "
                    + "A mean is smooth where members do not agree; members should not be told from the truth."
                : "What was asked for (grey where nothing was), the vorticity of the first member of each method, and what the flow "
                    + "makes of the first state of the first one.")
    }

    /// Kinetic energy by wavenumber, mean over trajectories.
    private func spectra(_ rows: [TaskRow], _ page: inout Report) async throws {
        func spectra(_ method: AssimilationMethod) -> [(members: [Double], mean: [Double], truth: [Double])] {
            rows.filter { $0.method == method }.compactMap { $0.spectra.map { ($0.members, $0.mean, $0.truth) } }
        }
        func mean(_ all: [[Double]]) -> [Double] {
            all[0].indices.map { i in all.reduce(0) { $0 + $1[i] } / Double(all.count) }
        }
        let ours = spectra(.ours)
        guard let known = rows.first(where: { $0.spectra != nil })?.spectra, !ours.isEmpty else { return }
        let complete = known.wavenumber.indices.filter {
            known.wavenumber[$0] > 0 && known.wavenumber[$0] <= known.nyquist
        }
        func kept(_ values: [Double]) -> [Double] { complete.map { values[$0] } }
        try await page.figure(
            SpectrumFigure(
                wavenumbers: kept(known.wavenumber), quantity: "kinetic energy", units: "m3 s-2",
                truth: kept(mean(ours.map(\.truth))), members: kept(mean(ours.map(\.members))),
                mean: kept(mean(ours.map(\.mean))),
                others: [AssimilationMethod.sda, .gaussian].compactMap { method in
                    let all = spectra(method)
                    return all.isEmpty ? nil : ("\(method.title), members", kept(mean(all.map(\.members))))
                }, slope: -3, wavenumberUnits: "m-1", width: 520),
            caption: "Kinetic energy by wavenumber: members of the three methods, the mean of ours, and the truth.")
    }
}
