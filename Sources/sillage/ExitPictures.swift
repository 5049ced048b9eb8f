import Fields
import Imagery

extension ImageError: ExitCoded {
    /// Those of files: 66 missing, 65 unreadable, 74 not to be written; 71 for a picture that does not fit.
    var exitCode: Int32 {
        switch kind {
        case .missing: 66
        case .unreadable: 65
        case .unfit: 71
        case .output: 74
        }
    }
}
