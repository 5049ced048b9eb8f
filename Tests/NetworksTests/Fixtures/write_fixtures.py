"""Writes the fixtures of NetworksTests: weights, inputs and outputs of the PyTorch reference networks.

    python3 Tests/NetworksTests/Fixtures/write_fixtures.py

Needs torch alone. Each NAME.safetensors holds `parameters.*` (state-dict names), `input.*` and `output.*`;
cases.json holds the configurations, spelt as in YAML.
"""

import json
import struct
from pathlib import Path

import torch

from reference import FieldAutoencoder, ResidualMLP, SentenceEncoder, SpatioTemporalTransformer

FOLDER = Path(__file__).parent

CASES = {
    "transformer-regional": {
        "channels": 2, "condition_channels": 1, "context_features": 4, "patch": {"time": 2, "y": 2, "x": 2},
        "hidden": 24, "blocks": 2, "heads": 2, "mlp_ratio": 2.0, "embedding": 8, "window": 3,
        "grid": {"y": 5, "x": 7}},
    "transformer-global": {
        "channels": 2, "output_channels": 3, "patch": {"time": 1, "y": 2, "x": 2}, "hidden": 24, "blocks": 2,
        "heads": 2, "embedding": 8, "window": 2, "periodic": {"y": False, "x": True}, "attention": "alternating"},
    "transformer-torus": {
        "channels": 1, "context_features": 2, "patch": {"time": 1, "y": 2, "x": 3}, "hidden": 32, "blocks": 2,
        "heads": 2, "embedding": 8, "window": 2, "periodic": {"y": True, "x": True}},
    "mlp": {"features": 6, "context_features": 2, "width": 16, "blocks": 2, "embedding": 8},
    "autoencoder-regional": {
        "variables": 1, "latent_channels": 4, "stages": [{"width": 8, "blocks": 1}, {"width": 16, "blocks": 1}],
        "groups": 4, "saturation": 3.0},
    "autoencoder-torus": {
        "variables": 2, "latent_channels": 3, "stages": [{"width": 8, "blocks": 1}, {"width": 8, "blocks": 0}],
        "groups": 4, "linear_path": "none", "periodic": {"y": True, "x": True}},
    "autoencoder-global": {
        "variables": 1, "latent_channels": 2, "patch": 4, "stages": [{"width": 8, "blocks": 1}], "groups": 2,
        "linear_path": "local", "periodic": {"y": False, "x": True}, "grid": {"y": 6, "x": 12}},
    "sentence": {
        "words": 11, "filler": 1, "length": 6, "hidden": 16, "layers": 2, "heads": 2, "features": 5},
}

SHAPES = {
    "transformer-regional": (2, 2, 3, 5, 7),
    "transformer-global": (2, 2, 2, 4, 8),
    "transformer-torus": (2, 1, 2, 4, 7),
    "mlp": (3, 6),
    "autoencoder-regional": (2, 1, 9, 11),
    "autoencoder-torus": (2, 2, 6, 11),
    "autoencoder-global": (2, 1, 6, 12),
    "sentence": (4, 6),
}


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        raw = tensor.detach().float().contiguous().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def arguments(configuration):
    pairs = {k: v for k, v in configuration.items() if k != "window"}
    for key in ("periodic", "grid"):
        if key in pairs:
            pairs[key] = (pairs[key]["y"], pairs[key]["x"])
    if isinstance(pairs.get("patch"), dict):
        pairs["patch"] = (pairs["patch"]["time"], pairs["patch"]["y"], pairs["patch"]["x"])
    if "stages" in pairs:
        pairs["stages"] = tuple((s["width"], s["blocks"]) for s in pairs["stages"])
    return pairs


def randomise(network):
    """Moves every parameter away from its start, those that start at zero too."""
    with torch.no_grad():
        for parameter in network.parameters():
            scale = 0.3 if parameter.dim() == 1 else parameter[0].numel() ** -0.5
            parameter.add_(scale * torch.randn_like(parameter))


def main():
    for name, configuration in CASES.items():
        torch.manual_seed(20_24)
        kind = name.split("-")[0]
        kinds = {
            "transformer": SpatioTemporalTransformer, "mlp": ResidualMLP, "autoencoder": FieldAutoencoder,
            "sentence": SentenceEncoder}
        network = kinds[kind](**arguments(configuration))
        randomise(network)
        x = torch.randn(SHAPES[name])
        inputs, features = {"x": x}, configuration.get("context_features", 0)
        if kind == "sentence":
            words = torch.randint(2, configuration["words"], SHAPES[name])
            # Of six, three and one word, and of none.
            for row, count in enumerate((6, 3, 1, 0)):
                words[row, count:] = configuration["filler"]
            inputs = {"words": words}
            outputs = {"x": network(words)}
        elif kind == "autoencoder":
            z = network.encode(x)
            outputs = {"z": z, "x": network.decode(z, x.shape[2:])}
        else:
            inputs["noise"] = torch.linspace(-5, 4, x.shape[0])
            if features:
                inputs["context"] = torch.randn(x.shape[0], *([x.shape[2]] if x.dim() == 5 else []), features)
            if configuration.get("condition_channels"):
                inputs["condition"] = torch.randn(x.shape[0], configuration["condition_channels"], *x.shape[2:])
            outputs = {"x": network(**inputs)}
        tensors = {f"parameters.{k}": v for k, v in network.state_dict().items()}
        tensors |= {f"input.{k}": v for k, v in inputs.items()} | {f"output.{k}": v for k, v in outputs.items()}
        write_safetensors(FOLDER / f"{name}.safetensors", tensors)
        print(name, {k: (tuple(v.shape), round(v.std().item(), 3)) for k, v in outputs.items()})
    (FOLDER / "cases.json").write_text(json.dumps(CASES, indent=2) + "\n")


if __name__ == "__main__":
    main()
