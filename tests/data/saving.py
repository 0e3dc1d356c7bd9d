"""Save a model and what it computes; runs under every Keras since 1.0 (Python
3.6 and later).
"""

import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
RNG = np.random.RandomState(5)


def numbers(*shape):
    """Return float32 numbers of a fixed sequence."""
    return RNG.normal(size=shape).astype("float32")


def masked(*shape):
    """Return numbers of which some timesteps are zeros, as a Masking layer
    wants them.
    """
    x = numbers(*shape)
    x[0, 0] = x[0, 3] = x[1, -2:] = 0
    return x


def ids(batch, timesteps, most):
    """Return token ids with zeros among them."""
    x = RNG.randint(1, most, size=(batch, timesteps)).astype("float32")
    x[0, 0] = x[1, -2:] = 0
    return x


def fill(model):
    """Give every weight values (biases too: a zero bias would hide mistakes),
    small enough to keep gates alive.
    """
    model.set_weights(
        [
            RNG.normal(scale=0.4, size=weight.shape).astype("float32")
            for weight in model.get_weights()
        ]
    )


def save(model, name, inputs, keras, run=None, extension=".h5"):
    """Write `name` and `name.npz`: inputs, outputs and each layer's outputs,
    computed by `run` (the model itself).
    """
    model.save(os.path.join(HERE, name + extension))
    expect(run or model, name + extension, inputs, keras)


def expect(model, name, inputs, keras, written=None):
    """Write the expected outputs of `model` beside the file `name`, which holds
    `written` (the same model).
    """
    values = {f"input/{k}": value for k, value in enumerate(inputs)}
    fed = inputs if len(inputs) > 1 else inputs[0]
    for k, value in enumerate(
        listed(model.predict(fed, batch_size=len(inputs[0])))
    ):
        values[f"output/{k}"] = value
    for layer in model.layers:
        if type(layer).__name__ in (
            "InputLayer",
            "Sequential",
            "Model",
            "Functional",
            "Merge",
        ):
            continue
        nodes = getattr(layer, "inbound_nodes", None) or getattr(
            layer, "_inbound_nodes", []
        )
        if len(nodes) != 1:
            continue
        probe = make_model(keras, listed(model.inputs), listed(layer.output))
        for k, value in enumerate(
            listed(probe.predict(fed, batch_size=len(inputs[0])))
        ):
            values[f"layer/{layer.name}/{k}"] = value
    values["parameters"] = np.array(
        sum(weight.size for weight in (written or model).get_weights())
    )
    np.savez_compressed(os.path.join(HERE, name + ".npz"), **values)
    print(name)


def make_model(keras, inputs, outputs):
    """Return a functional model in the words of the Keras at hand."""
    if getattr(keras, "__version__", "2").startswith("1."):
        return keras.models.Model(input=inputs, output=outputs)
    return keras.models.Model(inputs=inputs, outputs=outputs)


def listed(value):
    """Return what may be one, several or nested as a flat list."""
    if isinstance(value, (list, tuple)):
        return [one for part in value for one in listed(part)]
    return [value]
