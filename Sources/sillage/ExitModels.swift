import Assimilation
import Diffusion
import Models
import Networks

extension ConfigurationError: ExitCoded {
    /// 78.
    var exitCode: Int32 { 78 }
}

extension NetworksError: ExitCoded {
    /// 78: networks are described by configurations.
    var exitCode: Int32 { 78 }
}

extension ModelError: ExitCoded {
    /// 79.
    var exitCode: Int32 { 79 }
}

extension DiffusionError: ExitCoded {
    /// 87.
    var exitCode: Int32 { 87 }
}
