import Diffusion
import Fields
import Foundation
import Models
import Torch
import Training

extension AnchorConfiguration {
    /// Refuses a world that does not fit the law, before the archive is read.
    ///
    /// - Throws: ``ConfigurationError``.
    func validate(on archive: Archive) throws {
        switch kind {
        case .none: break
        case .orthogonal:
            let values = archive.variables.count * archive.grid.count
            guard values <= FieldCovariance.largestState else {
                throw ConfigurationError(
                    message: "anchor.kind orthogonal forms a covariance of \(values) values a side; the largest is "
                        + "\(FieldCovariance.largestState): use homogeneous or none")
            }
            guard modes <= values else {
                throw ConfigurationError(
                    message: "anchor.modes is \(modes), more than the \(values) values of a state; lower it")
            }
        case .homogeneous:
            guard archive.grid.y.period != nil, archive.grid.x.period != nil else {
                throw ConfigurationError(
                    message: "anchor.kind homogeneous needs a doubly periodic grid: use orthogonal")
            }
        }
    }

    /// Estimates the law of latent windows from an archive; nil for `none`.
    ///
    /// - Precondition: ``validate(on:)`` refuses nothing.
    /// - Throws: `FieldsError`.
    func law(
        of archive: Archive, split: ArchiveSplit, codec: LatentCodec, window: Int, reporter: any ProgressReporter
    ) throws -> (any GaussianLaw)? {
        switch kind {
        case .none: return nil
        case .orthogonal:
            reporter.say("estimating the Gaussian anchor: \(modes) spatial modes, \(window) states")
            let fields = try split.training.map { try standardised(archive, codec.climatology, Array($0)) }
            let covariance = FieldCovariance(
                segments: fields, grid: archive.grid, lags: window, configuration: self)
            let latents = withNoGrad { fields.map { codec.encode($0.unsqueeze(0)) } }
            return EmpiricalOrthogonalLaw(
                field: covariance, fieldShape: Array(fields[0].shape.dropFirst()), window: window,
                inflation: inflation, latents: latents, encode: codec.encode)
        case .homogeneous:
            reporter.say("estimating the Gaussian anchor: independent wavenumbers, \(window) states")
            let segments = try withNoGrad {
                try split.training.filter { $0.count >= window }.map { range in
                    codec.encode(try standardised(archive, codec.climatology, Array(range)).unsqueeze(0))
                        .squeeze(0).permute([1, 0, 2, 3])
                }
            }
            return HomogeneousLaw(segments: segments, window: window, taper: taper)
        }
    }
}
