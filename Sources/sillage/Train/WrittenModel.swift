import ArgumentParser
import Foundation

/// The model folder that a training writes.
struct WrittenModel: ParsableArguments {
    @Option(name: [.short, .long], help: ArgumentHelp("Model folder to write.", valueName: "folder"))
    var output: String

    @Option(help: ArgumentHelp("Name of the model; the folder's by default.", valueName: "name"))
    var name: String?

    /// The folder.
    var folder: URL { fileURL(output) }
    /// The name, or the folder's.
    var modelName: String { name ?? folder.lastPathComponent }
}
