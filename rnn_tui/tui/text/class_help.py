"""What each kind of layer does, in one sentence for somebody who meets it for the first
time.
"""

from __future__ import annotations

from rnn_tui.engine.cells.kinds import KINDS, added_class, cudnn_kinds, with_article

SENTENCES = {
    "InputLayer": "Where the sequence enters.",
    "RNN": (
        "Moves the cells it holds along the sequence, the output of one feeding the "
        "next."
    ),
    "Bidirectional": (
        "Reads the sequence twice, from both ends, and joins what the two layers say."
    ),
    "TimeDistributed": "Applies the layer it holds to every timestep by itself.",
    "Dense": "Multiplies by a kernel, adds a bias, applies an activation.",
    "TextVectorization": (
        "Turns a text into the ids of its tokens, by its own rules and vocabulary."
    ),
    "Embedding": "Looks up a row of numbers for each token id.",
    "Masking": (
        "Marks the timesteps that hold nothing but one value, so that recurrent "
        "layers skip them."
    ),
    "Dropout": "Drops values at random in training; passes everything on here.",
    "SpatialDropout1D": (
        "Drops whole features at random in training; passes everything on here."
    ),
    "GaussianNoise": "Adds noise in training; passes everything on here.",
    "GaussianDropout": "Multiplies by noise in training; passes everything on here.",
    "Activation": "Applies an activation to every value.",
    "Softmax": "Turns values into shares that sum to 1.",
    "BatchNormalization": (
        "Shifts and scales each feature by what was seen in training."
    ),
    "LayerNormalization": (
        "Gives the features of each timestep mean 0 and variance 1, then scales and "
        "shifts them."
    ),
    "Conv1D": "Slides kernels along the sequence.",
    "Conv2D": "Slides kernels over an image.",
    "LocallyConnected1D": (
        "Slides along the sequence, with kernels of its own at every place."
    ),
    "LocallyConnected2D": (
        "Slides over an image, with kernels of its own at every place."
    ),
    "MaxPooling1D": "Keeps the largest value of each stretch of the sequence.",
    "AveragePooling1D": "Averages each stretch of the sequence.",
    "GlobalMaxPooling1D": "Keeps each feature's largest value over the whole sequence.",
    "GlobalAveragePooling1D": "Averages each feature over the whole sequence.",
    "Flatten": "Lays all values of a sequence in one row.",
    "Reshape": "Gives the same values another shape.",
    "Permute": "Swaps axes.",
    "RepeatVector": "Repeats a vector to make a sequence of it.",
    "Concatenate": "Puts its inputs side by side.",
    "Add": "Adds its inputs.",
    "Multiply": "Multiplies its inputs, value by value.",
    "Attention": "Weighs the values by how well their keys answer each query.",
    "AdditiveAttention": "Weighs the values by a learned sum of query and key.",
    "MultiHeadAttention": (
        "Several attentions side by side, each in its own projection."
    ),
    "GroupQueryAttention": (
        "Several attentions side by side, of which groups share their keys and values."
    ),
    "SpectralNormalization": (
        "Runs the layer it holds, whose kernel training kept at the largest singular "
        "value 1."
    ),
    "CategoryEncoding": "Turns ids into rows of zeros and ones, or of counts.",
    "Discretization": "Gives each value the number of the range it lies in.",
    "Lambda": "Holds code of its author's, which is shown and never run.",
    "Sequential": "A model used as a layer: its layers one after another.",
    "Functional": "A model used as a layer: its layers as a graph.",
    "Model": "A model used as a layer: its layers as a graph.",
}


def sentence(class_name: str) -> str:
    """Return what a layer of this class does, empty for a class without a sentence."""
    recurrent = added_class(class_name) or class_name
    if recurrent in KINDS:
        return KINDS[recurrent].sentence

    for kind in cudnn_kinds():
        if kind.cudnn == class_name:
            layer = with_article(kind.class_name)
            return (
                f"{layer[:1].upper()}{layer[1:]} in the layout of NVIDIA's library, "
                "converted to the usual one."
            )

    return SENTENCES.get(class_name, "")
