# The published code of SDA (francois-rozet/sda) on the archive and the observations of the script lorenz63-sda.
#   peer.py train EXCHANGE REPOSITORY --order K --epochs N      the local network with their settings of experiments/lorenz
#   peer.py sample EXCHANGE REPOSITORY --order K --corrections C --observations lo|hi --samples M [--steps 256]
# EXCHANGE holds archive.safetensors and observations.safetensors and receives peer-kK-N.pth and samples-OBS-kK-cC.safetensors;
# what is there already is left alone. Network, noise, loss, likelihood and sampler are theirs. The training loop is this
# file's, with their settings (AdamW, 1e-3 falling along a line with the epochs, decay 1e-3, batches of 64, a window of every
# trajectory an epoch): their data loader takes most of the time of theirs on a CPU, and would be counted against them.
import argparse
import os
import sys
import time
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

parser = argparse.ArgumentParser()
parser.add_argument("task", choices=["train", "sample"])
parser.add_argument("exchange", type=Path)
parser.add_argument("repository", type=Path)
parser.add_argument("--order", type=int, default=2)
parser.add_argument("--epochs", type=int, default=4096)
parser.add_argument("--corrections", type=int, default=2)
parser.add_argument("--observations", choices=["lo", "hi"], default="lo")
parser.add_argument("--samples", type=int, default=32)
parser.add_argument("--steps", type=int, default=256)
parser.add_argument("--threads", type=int, default=1)
options = parser.parse_args()

os.environ["SCRATCH"] = str(options.exchange.resolve())  # their utils make a folder there instead of here
sys.path[:0] = [str(options.repository), str(options.repository / "experiments" / "lorenz")]
from sda.score import VPSDE, GaussianScore  # noqa: E402
from utils import make_local_score  # noqa: E402

torch.set_num_threads(options.threads)
window = 2 * options.order + 1
score = make_local_score(window=window, embedding=32, width=256, depth=5, activation="SiLU")
weights = options.exchange / f"peer-k{options.order}-{options.epochs}.pth"


def train():
    if weights.exists():
        return
    torch.manual_seed(options.order)
    archive = load_file(options.exchange / "archive.safetensors")
    learnt, validation = archive["learnt"], archive["validation"]
    sde = VPSDE(score.kernel, shape=(3 * window,))
    optimiser = torch.optim.AdamW(sde.parameters(), lr=1e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda epoch: 1 - epoch / options.epochs)
    instants = torch.arange(window)

    def windows(trajectories):
        """A window of each of these, from anywhere in it."""
        starts = torch.randint(0, trajectories.shape[1] - window + 1, (len(trajectories), 1))
        return trajectories[torch.arange(len(trajectories)).unsqueeze(1), starts + instants].flatten(1)

    start = time.perf_counter()
    for epoch in range(options.epochs):
        for batch in learnt[torch.randperm(len(learnt))].split(64):
            optimiser.zero_grad()
            sde.loss(windows(batch)).backward()
            optimiser.step()
        schedule.step()
        if epoch % 128 == 0:
            print(f"epoch {epoch}: {time.perf_counter() - start:.0f} s", flush=True)
    seconds = time.perf_counter() - start
    with torch.no_grad():
        loss = torch.stack([sde.loss(windows(validation)) for _ in range(64)]).mean().item()
    torch.save({"weights": score.state_dict(), "seconds": seconds, "validation": loss}, weights)
    print(f"trained in {seconds:.0f} s, validation {loss:.4f}")


def sample():
    file = options.exchange / f"samples-{options.observations}-k{options.order}-c{options.corrections}.safetensors"
    y = load_file(options.exchange / "observations.safetensors")[options.observations]
    known = torch.load(weights)
    score.load_state_dict(known["weights"])
    step, std = (8, 0.05) if options.observations == "lo" else (1, 0.25)
    torch.manual_seed(1)
    drawn, seconds = [], 0.0
    if file.exists():  # goes on with the sequences that are missing
        with safe_open(file, "pt") as f:
            seconds = float(f.metadata()["seconds"])
            drawn = list(f.get_tensor("samples"))
            if drawn[0].shape[0] != options.samples or int(f.metadata()["steps"]) != options.steps:
                sys.exit(f"{file} holds {drawn[0].shape[0]} samples a sequence: remove it")
    while len(drawn) < len(y):
        torch.manual_seed(1 + len(drawn))
        start = time.perf_counter()
        sde = VPSDE(
            GaussianScore(y=y[len(drawn)].unsqueeze(-1), A=lambda x: x[..., ::step, :1], std=std,
                          sde=VPSDE(score, shape=()), gamma=3e-2),
            shape=(65, 3))
        drawn.append(sde.sample((options.samples,), steps=options.steps, corrections=options.corrections, tau=0.25))
        seconds += time.perf_counter() - start
        # Whole or not at all: an interrupted run leaves the last whole file.
        save_file({"samples": torch.stack(drawn)}, f"{file}.partial", metadata={
            "seconds": f"{seconds:.1f}", "steps": str(options.steps), "epochs": str(options.epochs),
            "training_seconds": f"{known['seconds']:.1f}", "evaluations": str(options.steps * (1 + options.corrections))})
        os.replace(f"{file}.partial", file)
        print(f"sequence {len(drawn)}: {seconds:.0f} s", flush=True)


train() if options.task == "train" else sample()
