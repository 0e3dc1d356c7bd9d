"""SavedModel folders and checkpoints, written and computed by tf_keras and
Keras 3: `python make.py` (needs the `tensorflow` extra).

The functions that a SavedModel was traced into are nearly all of its bytes and
nothing here reads them, so they are cut out of `saved_model.pb`; its graph of
objects, the trap in it included, stays as TensorFlow wrote it.
"""

import os
import shutil
from pathlib import Path

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")

import keras as keras3
import numpy as np
import tensorflow as tf
import tf_keras as keras
from tensorflow.core.protobuf import saved_model_pb2
from tf_keras.protobuf import saved_metadata_pb2

L = keras.layers
HERE = Path(__file__).parent
GENERATOR = np.random.default_rng(13)


def numbers(*shape):
    """Random numbers, float32."""
    return GENERATOR.normal(size=shape).astype("f4")


def fill(model):
    """Give every weight its own random values."""
    model.set_weights(
        [
            abs(numbers(*weight.shape)) + 0.1
            if "variance" in weight.name
            else numbers(*weight.shape) * 0.4
            for weight in model.weights
        ]
    )


def expect(name, model, *inputs):
    """Write what a model returns for its inputs."""
    outputs = model(list(inputs) if len(inputs) > 1 else inputs[0])
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    np.savez_compressed(
        HERE / f"{name}.npz",
        **{f"input_{k}": value for k, value in enumerate(inputs)},
        **{f"output_{k}": np.asarray(value) for k, value in enumerate(outputs)},
    )


def without_functions(folder):
    """Cut the traced functions out of a SavedModel."""
    path = folder / "saved_model.pb"
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    graph = saved.meta_graphs[0]
    graph.graph_def.Clear()
    graph.object_graph_def.concrete_functions.clear()
    path.write_bytes(saved.SerializeToString(deterministic=True))
    (folder / "fingerprint.pb").unlink(missing_ok=True)
    shutil.rmtree(folder / "assets", ignore_errors=True)


def write(name, model, *inputs, **options):
    """Write a model as a SavedModel, and what it returns."""
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save(folder, save_format="tf", **options)
    without_functions(folder)
    expect(name, model, *inputs)


def as_before_2_5(name):
    """Move what Keras says into the graph, where TensorFlow before 2.5 had
    it.
    """
    folder = HERE / name
    path = folder / "keras_metadata.pb"
    metadata = saved_metadata_pb2.SavedMetadata.FromString(path.read_bytes())
    graph = folder / "saved_model.pb"
    saved = saved_model_pb2.SavedModel.FromString(graph.read_bytes())
    nodes = saved.meta_graphs[0].object_graph_def.nodes
    for said in metadata.nodes:
        nodes[said.node_id].user_object.identifier = said.identifier
        nodes[said.node_id].user_object.metadata = said.metadata

    graph.write_bytes(saved.SerializeToString(deterministic=True))
    path.unlink()


def wired():
    """Both directions, a nested model with a normalisation called twice, a
    frozen layer, states that start a decoder; trained, so that an optimizer's
    slots are there.
    """
    a = keras.Input((5, 2), name="a")
    inner = keras.Sequential(
        [
            keras.Input((5, 2)),
            L.LSTM(3, return_sequences=True),
            L.BatchNormalization(),
        ],
        name="inner",
    )
    y = L.Bidirectional(L.GRU(2, return_sequences=True))(inner(a))
    y = L.Concatenate()([y, inner(a)])
    y, h, c = L.LSTM(
        3,
        return_sequences=True,
        return_state=True,
        trainable=False,
        name="encoder",
    )(y)
    y = L.LSTM(3, name="decoder")(y, initial_state=[h, c])
    model = keras.Model(a, L.Dense(2, activation="softmax")(y))
    model.compile("adam", "mse")
    model.fit(numbers(4, 5, 2), numbers(4, 2), verbose=0)
    fill(model)

    return model, numbers(2, 5, 2)


def chain():
    """An Embedding with a mask, two recurrent layers, a Dense."""
    model = keras.Sequential(
        [
            L.Embedding(9, 4, mask_zero=True, input_length=6),
            L.LSTM(3, return_sequences=True, activation="relu"),
            L.SimpleRNN(4),
            L.Dense(2),
        ]
    )
    model.build((None, 6))
    fill(model)

    return model, GENERATOR.integers(0, 9, (2, 6)).astype("i4")


class Tagger(keras.Model):
    """A model of its author's own class."""

    def __init__(self):
        super().__init__()
        self.table = L.Embedding(7, 3)
        self.reader = L.GRU(4, return_sequences=True, activation="relu")
        self.heads = [L.Dense(3), L.LSTM(2)]

    def call(self, ids):
        """Read, then both heads."""
        y = self.reader(self.table(ids))
        return self.heads[1](self.heads[0](y))


def main():
    model, x = wired()
    write("wired", model, x)
    model.save_weights(HERE / "checkpoints" / "wired", save_format="tf")
    (HERE / "checkpoints" / "wired.json").write_text(model.to_json())
    expect("checkpoints/wired", model, x)

    model, x = chain()
    write("plain", model, x)
    write("no_traces", model, x, save_traces=False)
    write("old", model, x)
    as_before_2_5("old")
    model.save_weights(HERE / "checkpoints" / "chain", save_format="tf")
    expect("checkpoints/chain", model, x)

    tagger = Tagger()
    ids = GENERATOR.integers(0, 7, (1, 5)).astype("i4")
    tagger(ids)
    fill(tagger)
    write("own", tagger, ids)
    tf.train.Checkpoint(tagger=tagger, step=tf.Variable(3)).write(
        str(HERE / "checkpoints" / "tagger")
    )

    exported = keras3.Sequential(
        [keras3.Input((5, 2)), keras3.layers.LSTM(3), keras3.layers.Dense(1)]
    )
    exported.export(HERE / "exported", verbose=False)
    without_functions(HERE / "exported")

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.get_variable("rnn/basic_lstm_cell/kernel", (5, 16))
        tf.compat.v1.get_variable("rnn/basic_lstm_cell/bias", (16,))
        tf.compat.v1.get_variable(
            "table", (9, 4), partitioner=tf.compat.v1.fixed_size_partitioner(3)
        )
        session.run(tf.compat.v1.global_variables_initializer())
        saver = tf.compat.v1.train.Saver()
        saver.save(
            session, str(HERE / "checkpoints" / "first"), write_meta_graph=False
        )

    (HERE / "checkpoints" / "checkpoint").write_text(
        'model_checkpoint_path: "/somewhere/else/chain"\n'
        'all_model_checkpoint_paths: "/somewhere/else/chain"\n'
    )


if __name__ == "__main__":
    main()
