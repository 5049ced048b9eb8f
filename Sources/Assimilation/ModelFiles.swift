import Fields
import Foundation

/// The files of a model folder that decide what is drawn from it.
public enum ModelFiles {
    /// Numbers of fields, latents and the prior; a model may lack the later ones.
    private static let prior = [
        "statistics.safetensors", "autoencoder.safetensors", "denoiser.safetensors", "anchor.safetensors",
        "errors.safetensors", "statics.safetensors",
    ]

    /// The hash of card and numbers, not of training records: ensembles carry it.
    ///
    /// - Throws: `FieldsError` for a file that cannot be read.
    public static func hash(of folder: URL) throws -> String {
        try hash(folder, ["model.yaml", "next-state.safetensors"] + prior)
    }

    /// The hash of the prior's numbers alone, for what is measured of it whatever the card says and next states learn.
    ///
    /// - Throws: as ``hash(of:)``.
    public static func priorHash(of folder: URL) throws -> String { try hash(folder, prior) }

    private static func hash(_ folder: URL, _ names: [String]) throws -> String {
        var parts: [String: String] = [:]
        for name in names {
            let url = folder.appendingPathComponent(name)
            if FileManager.default.fileExists(atPath: url.path) { parts[name] = try ContentHash.sha256(of: url) }
        }
        return ContentHash.fingerprint(parts)
    }
}
