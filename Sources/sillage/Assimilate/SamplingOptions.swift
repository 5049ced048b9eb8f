import ArgumentParser
import Assimilation

extension PosteriorOptions.Method: ExpressibleByArgument {}
extension PosteriorOptions.SamplerKind: ExpressibleByArgument {}
extension PosteriorOptions.Solve: ExpressibleByArgument {}

/// How members are drawn; shared by `assimilate` and `generate`.
struct SamplingOptions: ParsableArguments, CustomStringConvertible {
    @Option(
        help: """
            Solver of the reverse diffusion: dpm is DPM-Solver++(2M), sde-dpm its stochastic form, ab3 exponential \
            Adams-Bashforth of order 3, ddim Euler, ddpm ancestral, heun Heun (two evaluations a step). Fresh noise at \
            every step (sde-dpm, ddpm) damps the errors of an approximate likelihood.
            """)
    var sampler = PosteriorOptions().sampler

    @Option(
        help: ArgumentHelp(
            "Steps of the sampler; far fewer than 16 leave a bias and too little spread.", valueName: "count"))
    var steps = 16

    @Option(
        help: ArgumentHelp(
            "Langevin corrections after each step, one evaluation each; with ddim, ddpm and heun.", valueName: "count"))
    var corrections = 0

    @Option(help: ArgumentHelp("Members drawn and written together; fewer take less memory.", valueName: "count"))
    var batch = 8

    @Option(
        help: ArgumentHelp(
            """
            Memory to stay below, such as 8GiB; three fifths of the machine's by default. Long trajectories then denoise \
            their windows a few at a time, and again in gradients.
            """, valueName: "size"))
    var memory: MemorySize?

    @Flag(help: "Leave the network out: the Gaussian anchor alone, optimal interpolation in latent space.")
    var gaussian = false

    func validate() throws {
        guard steps > 0 else { throw ValidationError("--steps is \(steps): give 1 or more") }
        guard corrections >= 0 else { throw ValidationError("--corrections is \(corrections): give 0 or more") }
        guard corrections == 0 || options.takesCorrections else {
            throw ValidationError(
                "--corrections: \(sampler.rawValue) looks back at earlier steps, which a correction would make another "
                    + "sample's: take --sampler ddim, ddpm or heun")
        }
        guard batch > 0 else { throw ValidationError("--batch is \(batch): give 1 or more") }
    }

    var description: String {
        "\(sampler.rawValue), \(steps) steps\(corrections > 0 ? ", \(corrections) corrections each" : "")"
            + (gaussian ? ", Gaussian anchor alone" : "")
    }

    /// The options of a draw.
    var options: PosteriorOptions {
        var options = PosteriorOptions()
        (options.sampler, options.steps, options.batch, options.gaussianOnly) = (sampler, steps, batch, gaussian)
        options.memory = memory?.bytes
        options.corrections = corrections
        return options
    }
}
