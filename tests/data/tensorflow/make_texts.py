"""SavedModel folders whose first layer reads text, and what tf_keras computes:
`python make_texts.py` (needs the `tensorflow` extra).

The vocabulary of `adapted` is a constant of the graph, that of `listed` is a
file in the assets. Of the graph of operations only its constants are kept.
"""

import os
import shutil
from pathlib import Path

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")

import numpy as np
import tensorflow as tf
import tf_keras as keras
from tensorflow.core.protobuf import saved_model_pb2

L = keras.layers
HERE = Path(__file__).parent / "texts"
TEXT = "the cat sat at home"


def without_operations(folder):
    """Keep of the graph of operations its short constants alone."""
    path = folder / "saved_model.pb"
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    graph = saved.meta_graphs[0]
    kept = [
        node
        for node in graph.graph_def.node
        if node.op == "Const" and node.ByteSize() < 500
    ]
    graph.graph_def.Clear()
    graph.graph_def.node.extend(kept)
    graph.object_graph_def.concrete_functions.clear()
    path.write_bytes(saved.SerializeToString(deterministic=True))
    (folder / "fingerprint.pb").unlink(missing_ok=True)


def write(name, layer):
    """Write a model that begins with a layer that reads text."""
    keras.utils.set_random_seed(len(name))
    model = keras.Sequential(
        [
            keras.Input((1,), dtype=tf.string),
            layer,
            L.Embedding(12, 2),
            L.SimpleRNN(3, name="reader"),
        ]
    )
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save(folder, save_format="tf")
    without_operations(folder)
    output = model.predict(np.array([[TEXT]]), verbose=0)
    np.savez_compressed(HERE / f"{name}.npz", output_0=output)


words = L.TextVectorization(
    max_tokens=9, output_sequence_length=6, name="words"
)
words.adapt(["the cat sat on the mat", "a cat at home"])
write("adapted", words)

table = HERE / "table.txt"
HERE.mkdir(exist_ok=True)
table.write_text("cat\nhome\nthe\n")
write("listed", L.TextVectorization(vocabulary=str(table), name="words"))
table.unlink()
