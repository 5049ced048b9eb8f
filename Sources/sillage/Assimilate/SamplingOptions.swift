import ArgumentParser
import Assimilation

extension PosteriorOptions.Method: ExpressibleByArgument {}
extension PosteriorOptions.SamplerKind: ExpressibleByArgument {}
extension PosteriorOptions.Solve: ExpressibleByArgument {}

/// How members are drawn; shared by `assimilate` and `generate`.
struct SamplingOptions: ParsableArguments, CustomStringConvertible {
    @Option(help: "Solver of the reverse diffusion: dpm is DPM-Solver++(2M), ddim Euler, ddpm ancestral, heun Heun.")
    var sampler = PosteriorOptions.SamplerKind.dpm

    @Option(help: ArgumentHelp("Steps of the sampler.", valueName: "count"))
    var steps = 16

    @Option(help: ArgumentHelp("Members drawn and written together; fewer take less memory.", valueName: "count"))
    var batch = 8

    @Flag(help: "Leave the network out: the Gaussian anchor alone, optimal interpolation in latent space.")
    var gaussian = false

    func validate() throws {
        guard steps > 0 else { throw ValidationError("--steps is \(steps): give 1 or more") }
        guard batch > 0 else { throw ValidationError("--batch is \(batch): give 1 or more") }
    }

    var description: String { "\(sampler.rawValue), \(steps) steps\(gaussian ? ", Gaussian anchor alone" : "")" }

    /// The options of a draw.
    var options: PosteriorOptions {
        var options = PosteriorOptions()
        (options.sampler, options.steps, options.batch, options.gaussianOnly) = (sampler, steps, batch, gaussian)
        return options
    }
}
