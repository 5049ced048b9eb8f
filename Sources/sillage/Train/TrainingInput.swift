import ArgumentParser
import Foundation

/// What every training reads.
struct TrainingInput: ParsableArguments {
    @Option(help: ArgumentHelp("What to train and how, YAML.", valueName: "file"))
    var config: String

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("The archive: NetCDF or HDF5 files in time order.", valueName: "files"))
    var data: [String]

    /// The archive's files.
    var archive: [URL] { data.map(fileURL) }
}
