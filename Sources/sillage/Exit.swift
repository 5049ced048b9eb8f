import ArgumentParser
import Dynamics
import Fields
import Figures
import Filters
import Foundation
import LinearAlgebra
import Torch
import Training
import Verification

/// An error that knows the exit code of its kind.
protocol ExitCoded: Error {
    /// 65 and up by kind of bad input; 1 for a failure that no input explains.
    var exitCode: Int32 { get }
}

/// How the process ends: the one place where errors become exit codes and messages.
enum Exit {
    /// Everything asked for is done.
    static let done: Int32 = 0
    /// A failure that no kind of input explains.
    static let failed: Int32 = 1
    /// A command line that cannot be understood.
    static let usage: Int32 = 2
    /// Stopped by Ctrl-C or a termination request.
    static let interrupted: Int32 = 130

    /// Prints what there is to say and ends the process.
    static func end(with error: any Error) -> Never {
        let code = code(of: error)
        if code == done {
            print(Sillage.fullMessage(for: error))
        } else {
            let message = message(of: error)
            if !message.isEmpty { FileHandle.standardError.write(Data("error: \(message)\n".utf8)) }
        }
        Foundation.exit(code)
    }

    /// The exit code of an error.
    static func code(of error: any Error) -> Int32 {
        if let coded = error as? any ExitCoded { return coded.exitCode }
        if error is CancellationError { return interrupted }
        let code = Sillage.exitCode(for: error)
        return code == .validationFailure ? usage : code.rawValue
    }

    /// What is wrong, where, and what to do.
    static func message(of error: any Error) -> String {
        guard !(error is any ExitCoded), Sillage.exitCode(for: error) == .validationFailure else {
            if let exit = error as? ExitCode { return exit.isSuccess ? "" : "failed" }
            return (error as NSError).domain == NSCocoaErrorDomain ? error.localizedDescription : "\(error)"
        }
        let full = Sillage.fullMessage(for: error)
        return full.hasPrefix("Error: ") ? String(full.dropFirst(7)) : full
    }
}

// 65 to 77 are the kinds of FieldsError; 78 and 79 belong to configurations and model folders.

extension FieldsError: ExitCoded {}

extension TorchError: ExitCoded {
    /// 80.
    var exitCode: Int32 { 80 }
}

extension TrainingError: ExitCoded {
    /// 81.
    var exitCode: Int32 { 81 }
}

extension DynamicsError: ExitCoded {
    /// 82.
    var exitCode: Int32 { 82 }
}

extension FilterError: ExitCoded {
    /// 88.
    var exitCode: Int32 { 88 }
}

extension VerificationError: ExitCoded {
    /// 83.
    var exitCode: Int32 { 83 }
}

extension FiguresError: ExitCoded {
    /// 84, or that of a result that could not be written.
    var exitCode: Int32 { kind == .output ? FieldsError.Kind.output.rawValue : 84 }
}

extension LinearAlgebraError: ExitCoded {
    /// 85.
    var exitCode: Int32 { 85 }
}
