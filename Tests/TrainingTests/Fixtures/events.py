"""Writes tensorboard.tfevents, an event file by TensorBoard's own code (pip install tensorboard, 2.21.0)."""

import pathlib

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

with open(pathlib.Path(__file__).parent / "tensorboard.tfevents", "wb") as file:
    writer = RecordWriter(file)

    def write(event):
        writer.write(event.SerializeToString())

    write(Event(wall_time=1700000000.5, file_version="brain.Event:2"))
    for step, loss in enumerate([1.5, 0.75, 0.1]):
        value = Summary.Value(tag="train/loss", simple_value=loss)
        write(Event(wall_time=1700000000.5, step=step, summary=Summary(value=[value])))
    image = Summary.Image(height=1, width=2, colorspace=3, encoded_image_string=b"\x89PNG")
    write(Event(wall_time=1700000000.5, step=3, summary=Summary(value=[Summary.Value(tag="map", image=image)])))
