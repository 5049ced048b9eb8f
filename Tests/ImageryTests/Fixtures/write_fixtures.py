"""Writes pictures and, as Pillow reads and resizes them, images.safetensors.

    pip install pillow==13.0.0 numpy torch==2.13.0 safetensors
    python write_fixtures.py

NAME                 samples of NAME.png or NAME.jpg, (rows, columns, channels), as stored numbers; upright as EXIF says
source               13 rows of 17 numbers from 0 to 1, in float32
resize/FILTER/R×C    the source at R rows and C columns, in Pillow's 32-bit mode
"""

import struct
import zlib
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, PngImagePlugin
from safetensors.torch import save_file

here = Path(__file__).parent
random = np.random.default_rng(1)
tensors = {}


def keep(name, image):
    samples = np.asarray(image, dtype=np.float32)
    tensors[name] = torch.from_numpy(np.ascontiguousarray(samples.reshape(samples.shape[0], samples.shape[1], -1)))


# Smooth pictures: JPEG keeps them nearly.
y, x = np.mgrid[0:11, 0:14]
smooth = np.stack([18 * x + 10, 20 * y + 20, 9 * (x + y) + 5], -1).astype(np.uint8)

rgb = Image.fromarray(smooth)
rgb.save(here / "rgb.png")
keep("rgb", rgb)
grey16 = (4_000 * x + 37 * y).astype(np.uint16)
Image.fromarray(grey16).save(here / "grey16.png")
keep("grey16", grey16)
one = Image.fromarray(((x + y) % 3 == 0).astype(np.uint8) * 255).convert("1")
one.save(here / "one_bit.png")
keep("one_bit", one.convert("L"))
palette = rgb.quantize(colors=16)
palette.save(here / "palette.png", transparency=3)
keep("palette", Image.open(here / "palette.png").convert("RGBA"))
alpha = Image.fromarray(np.stack([smooth[..., 0], 255 - smooth[..., 1]], -1), "LA")
alpha.save(here / "grey_alpha.png")
keep("grey_alpha", alpha)
text = PngImagePlugin.PngInfo()
text.add_text("seed", "42")
text.add_itxt("prompt", "fine crack, soudure oxydée")
rgb.save(here / "text.png", pnginfo=text)

png = (here / "rgb.png").read_bytes()
words = b"tEXt" + b"Comment\0" + "soudure oxydée".encode("latin-1")
chunk = struct.pack(">I", len(words) - 4) + words + struct.pack(">I", zlib.crc32(words))
(here / "late_text.png").write_bytes(png[:-12] + chunk + png[-12:])
turned = Image.Exif()
turned[0x0112] = 6
rgb.save(here / "turned.png", exif=turned)
keep("turned", ImageOps.exif_transpose(Image.open(here / "turned.png")))

for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    name = f"orientation_{orientation}"
    rgb.save(here / f"{name}.jpg", quality=95, subsampling=0, exif=exif)
    keep(name, ImageOps.exif_transpose(Image.open(here / f"{name}.jpg")))
rgb.convert("L").save(here / "grey.jpg", quality=95)
keep("grey", Image.open(here / "grey.jpg"))
rgb.convert("CMYK").save(here / "cmyk.jpg", quality=95)
(here / "truncated.jpg").write_bytes((here / "grey.jpg").read_bytes()[:-40])
whole = here / "whole.png"
Image.fromarray(random.integers(0, 256, (11, 14), dtype=np.uint8)).save(whole)
(here / "truncated.png").write_bytes(whole.read_bytes()[:-60])
whole.unlink()

source = random.random((13, 17), dtype=np.float32)
tensors["source"] = torch.from_numpy(source)
filters = {"area": Image.Resampling.BOX, "linear": Image.Resampling.BILINEAR, "lanczos": Image.Resampling.LANCZOS}
for name, kind in filters.items():
    for rows, columns in (5, 6), (26, 40), (13, 4), (1, 1), (7, 17):
        result = Image.fromarray(source).resize((columns, rows), kind)
        tensors[f"resize/{name}/{rows}x{columns}"] = torch.from_numpy(np.array(result))

save_file(tensors, here / "images.safetensors")
