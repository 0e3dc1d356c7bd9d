"""Layers that few models have, and unusual arguments of usual ones: what stands
in the models that are compared.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

Case = tuple[tuple[int | None, ...], Callable[[Any], list[Any]]]

IN_BOTH = {
    "RandomFlip": (),
    "RandomRotation": (0.2,),
    "RandomTranslation": (0.2, 0.2),
    "RandomZoom": (0.2,),
    "RandomContrast": (0.3,),
    "RandomBrightness": (0.3,),
}
AUGMENTATION = {
    "keras": {
        **IN_BOTH,
        "AugMix": (),
        "CutMix": (),
        "MaxNumBoundingBoxes": (3,),
        "MixUp": (),
        "RandAugment": (),
        "RandomColorDegeneration": (0.5,),
        "RandomColorJitter": (),
        "RandomElasticTransform": (),
        "RandomErasing": (),
        "RandomGaussianBlur": (),
        "RandomGrayscale": (0.5,),
        "RandomHue": (0.3,),
        "RandomInvert": (0.5,),
        "RandomPerspective": (0.5,),
        "RandomPosterization": (4,),
        "RandomSaturation": (0.3,),
        "RandomSharpness": (0.3,),
        "RandomShear": (0.3, 0.3),
        "Solarization": (0.5, 0.5),
    },
    "tf_keras": {**IN_BOTH, "RandomHeight": (0.3,), "RandomWidth": (0.3,)},
}
NOT_IN_H5 = (
    "Brightness",
    "ColorDegeneration",
    "Posterization",
    "Saturation",
    "Sharpness",
    "Solarization",
)
"""What Keras 3 can't write into an .h5: it fails to copy their
configuration.
"""

CASES: dict[str, Case] = {
    "the middle of a picture": (
        (9, 8, 3),
        lambda L: [L.CenterCrop(4, 5), L.Flatten(), L.Dense(2)],
    ),
    "masked pictures of one line": (
        (6, 3),
        lambda L: [L.Masking(), L.RandomFlip(), L.LSTM(4)],
    ),
    "normalisation over several axes": (
        (4, 5, 3),
        lambda L: [
            L.Normalization(
                axis=(1, 3),
                mean=[[0.1, -0.2, 0.3]] * 4,
                variance=[[1.0, 0.5, 2.0]] * 4,
            ),
            L.UnitNormalization(axis=(1, 2)),
            L.LayerNormalization(axis=(1, 3)),
            L.GroupNormalization(-1),
        ],
    ),
    "normalisation undone": (
        (4, 3),
        lambda L: [
            L.Normalization(
                mean=[1.0, 2.0, 3.0], variance=[1.0, 0.5, 2.0], invert=True
            ),
            L.LSTM(2),
        ],
    ),
    "slopes and shares over several axes": (
        (4, 5, 3),
        lambda L: [
            L.PReLU(shared_axes=[1, 2]),
            L.PReLU(shared_axes=[3]),
            L.Softmax(axis=(1, 2)),
        ],
    ),
    "uneven margins": (
        (4, 5, 3),
        lambda L: [
            L.ZeroPadding2D(((0, 2), (3, 1))),
            L.Cropping2D(((0, 2), (1, 0))),
            L.UpSampling2D((2, 3), interpolation="bilinear"),
        ],
    ),
    "uneven margins, channels first": (
        (3, 4, 5),
        lambda L: [
            L.ZeroPadding2D(((0, 2), (3, 1)), data_format="channels_first"),
            L.Cropping2D(((0, 2), (1, 0)), data_format="channels_first"),
            L.UpSampling2D((2, 3), data_format="channels_first"),
            L.AveragePooling2D((2, 3), strides=1, data_format="channels_first"),
        ],
    ),
    "batch renormalisation": (
        (6, 3),
        lambda L: [L.BatchNormalization(renorm=True), L.GRU(2)],
    ),
    "pictures in time": (
        (4, 6, 6, 3),
        lambda L: [
            L.TimeDistributed(L.RandomZoom(0.2)),
            L.Reshape((4, -1)),
            L.GRU(3),
        ],
    ),
}


BINS = [-1.0, 0.1, 1.0]
CODES: dict[str, Case] = {
    **{
        f"ids of a row: {mode}": (
            (4,),
            lambda L, mode=mode: [
                L.CategoryEncoding(5, output_mode=mode),
                L.Dense(3),
            ],
        )
        for mode in ("multi_hot", "count")
    },
    "one id": ((1,), lambda L: [L.CategoryEncoding(5, output_mode="one_hot")]),
    "bins": (
        (4, 2),
        lambda L: [L.Discretization(BINS), L.Rescaling(0.5), L.LSTM(3)],
    ),
    "bins as tokens": (
        (6,),
        lambda L: [L.Discretization(BINS), L.Embedding(4, 3), L.GRU(2)],
    ),
    "a bin of one value": (
        (1,),
        lambda L: [L.Discretization(BINS, output_mode="one_hot")],
    ),
    **{
        f"bins of a row: {mode}": (
            (4,),
            lambda L, mode=mode: [
                L.Discretization(BINS, output_mode=mode),
                L.Dense(3),
            ],
        )
        for mode in ("multi_hot", "count")
    },
}
CODES_OF_KERAS_3: dict[str, Case] = {
    "ids in time": (
        (6,),
        lambda L: [L.CategoryEncoding(5, output_mode="one_hot"), L.GRU(3)],
    ),
    "ids in time, an axis each": (
        (6, 1),
        lambda L: [L.CategoryEncoding(5, output_mode="one_hot"), L.GRU(3)],
    ),
    "bins in time": (
        (6,),
        lambda L: [L.Discretization(BINS, output_mode="one_hot"), L.GRU(3)],
    ),
    "bins in time, two axes": (
        (6, 2),
        lambda L: [
            L.Discretization(BINS, output_mode="one_hot"),
            L.TimeDistributed(L.Flatten()),
            L.GRU(3),
        ],
    ),
}
ADAPTIVE: dict[str, Case] = {
    f"{what} {rank} {order}": (
        (*(7, 5, 6)[:rank], 3)
        if order == "channels_last"
        else (3, *(7, 5, 6)[:rank]),
        lambda L, what=what, rank=rank, order=order: [
            getattr(L, f"Adaptive{what}Pooling{rank}D")(
                (3, 7, 2)[:rank], data_format=order
            )
        ],
    )
    for what, rank, order in product(
        ("Average", "Max"), (1, 2, 3), ("channels_last", "channels_first")
    )
}


SPECTRAL: dict[str, Case] = {
    "a scaled kernel": (
        (6, 3),
        lambda L: [
            L.Masking(),
            L.SpectralNormalization(L.Dense(4, "relu")),
            L.GRU(3),
        ],
    ),
    "a scaled convolution": (
        (8, 3),
        lambda L: [
            L.SpectralNormalization(L.Conv1D(4, 3, strides=2, use_bias=False)),
            L.BatchNormalization(),
        ],
    ),
    "scaled pictures in time": (
        (3, 6, 6, 2),
        lambda L: [
            L.TimeDistributed(L.SpectralNormalization(L.Conv2D(3, 2))),
            L.Reshape((3, -1)),
            L.LSTM(2),
        ],
    ),
    "a frozen scaled kernel": (
        (6, 3),
        lambda L: [
            L.SpectralNormalization(L.Dense(4), name="frozen"),
            L.LSTM(3),
            L.Dense(2),
        ],
    ),
}


def connected(rank: int, **options: Any) -> Case:
    """Return a LocallyConnected layer among others."""
    first = options.get("data_format") == "channels_first"
    shape = {
        (1, False): (9, 3),
        (1, True): (3, 9),
        (2, False): (7, 6, 2),
        (2, True): (2, 7, 6),
    }[rank, first]
    return shape, lambda L: [
        L.Activation("tanh"),
        getattr(L, f"LocallyConnected{rank}D")(
            4, 3 if rank == 1 else (3, 2), activation="softsign", **options
        ),
        L.Flatten(),
        L.Dense(2),
    ]


LOCAL: dict[str, Case] = {
    f"{rank} {way} {options}": connected(rank, implementation=way, **options)
    for rank, way, options in product(
        (1, 2),
        (1, 2, 3),
        (
            {},
            {"strides": 2},
            {"padding": "same"},
            {"padding": "same", "strides": 2, "data_format": "channels_first"},
            {"data_format": "channels_first"},
            {"use_bias": False},
        ),
    )
    if way > 1 or "padding" not in options
}


def attending(
    options: dict[str, Any], call: dict[str, Any], masked: bool
) -> Callable[[Any], Any]:
    def model(keras: Any) -> Any:
        L = keras.layers
        a, b = L.Input((4, 5), name="a"), L.Input((6, 5), name="b")
        read = [L.Masking()(a), L.Masking()(b)] if masked else [a, b]
        kind = getattr(L, options.get("kind", "GroupQueryAttention"))
        return keras.Model(
            [a, b],
            kind(**{k: v for k, v in options.items() if k != "kind"})(
                *read, **call
            ),
        )

    return model


GROUPS = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}
HEADS = {"kind": "MultiHeadAttention", "num_heads": 2, "key_dim": 3}
ATTENDING = {
    "groups": (GROUPS, {}, False),
    "groups behind masks": ({**GROUPS, "use_bias": False}, {}, True),
    "groups with dropout behind masks": (
        {**GROUPS, "dropout": 0.2},
        {"return_attention_scores": True},
        True,
    ),
    "gated groups that see the past": (
        {**GROUPS, "use_gate": True},
        {"use_causal_mask": True},
        False,
    ),
    "groups of a window": (
        {**GROUPS, "sliding_window": 2, "use_gate": True},
        {},
        True,
    ),
    "scores of heads behind masks": (
        HEADS,
        {"return_attention_scores": True},
        True,
    ),
    "heads with dropout behind masks": ({**HEADS, "dropout": 0.2}, {}, True),
}
