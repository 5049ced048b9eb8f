// A small training that tests start, kill and start again.
//
//     TrainingProbe OUTPUT STEPS [STAGE OCCURRENCE]
//
// Prints a line for every step and for every stage of every checkpoint. At the given occurrence of the given stage it
// stands still until it is killed.

import Foundation
import Synchronization
import Torch
import Training

let arguments = CommandLine.arguments
let output = URL(fileURLWithPath: arguments[1])
let hold = arguments.count > 4 ? (stage: arguments[3], occurrence: Int(arguments[4])!) : nil
let occurrences = Mutex<[String: Int]>([:])

@Sendable func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

Engine.threads = 1
var configuration = TrainingConfiguration(steps: Int(arguments[2])!)
configuration.batchSize = 16
configuration.accumulation = 2
configuration.learningRate = 1e-2
configuration.warmupSteps = 10
configuration.emaDecay = 0.9
configuration.logEvery = 1
configuration.validateEvery = 10
configuration.checkpointEvery = 7
configuration.seed = 5

do {
    let interruption = Interruption()
    interruption.listen()
    let trainer = try Trainer(
        SineTask(ballast: 1 << 20), configuration: configuration, output: output, interruption: interruption)
    trainer.onStep = { say("step \($0.step)") }
    trainer.checkpoints.atStage = { stage in
        say("stage \(stage.rawValue)")
        let seen = occurrences.withLock { seen in
            seen[stage.rawValue, default: 0] += 1
            return seen[stage.rawValue]!
        }
        if let hold, hold.stage == stage.rawValue, hold.occurrence == seen {
            say("holding")
            while true { pause() }
        }
    }
    let outcome = try trainer.run()
    say("outcome \(outcome.status.rawValue)")
} catch {
    say("error \(error)")
    exit(1)
}
