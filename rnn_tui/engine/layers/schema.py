"""The schema of a layer class: all that the rest of the program knows of a
layer beside its arithmetic, declared where the class is.

A class of `engine/layers` declares one for each of its Keras names with
`@computes(Name=Schema(...))`; `registry.schema(name)` returns it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from rnn_tui.engine.core.activations import has_slopes
from rnn_tui.engine.core.arrays import Shape
from rnn_tui.engine.layers.keys import Key
from rnn_tui.errors import MisfitError

Config = Mapping[str, Any]

# The arrays of a layer --------------------------------------------------------

ALIKE = "*"
"""As the sides of an array: any shape, the same for every array with it."""
SIZE = "kernel_size"
"""As one of the sides: a side for each spatial axis."""
EVERY = "channels×depth_multiplier"
"""As one of the sides: the filters of a depthwise convolution."""


def always(config: Config) -> bool:
    """Return True: a layer keeps this array whatever its configuration."""
    return True


def has_bias(config: Config) -> bool:
    """Return whether the configuration asks for a bias."""
    return bool(config.get("use_bias", True))


def has_slope_array(config: Config) -> bool:
    """Return whether the activation is a PReLU, whose slopes the layer
    keeps.
    """
    return has_slopes(config.get("activation"))


class Stored(NamedTuple):
    """An array that a layer keeps."""

    name: str
    sides: str | None = None
    """The names of its sides with blanks between them: `features units`.

    Sides of one name are equally long in all arrays of a layer. A number is
    that length, `?` any length; ALIKE, SIZE and EVERY are above. None: not
    checked.
    """
    kept: Callable[[Config], bool] = always
    """Whether a layer of this configuration has it."""
    trainable: bool = True
    optional: bool = False
    """Whether some files leave it out."""


# The axes it reads ------------------------------------------------------------


class Rank(NamedTuple):
    """How many axes a layer reads, batch included, as Keras's input_spec has
    it: NumPy would compute with more, Keras refuses them.
    """

    least: int
    most: int | None
    words: str
    """The refusal of any other rank; `{}` is the class name."""

    def check(self, class_name: str, shape: Shape) -> None:
        """Raise MisfitError where a layer can't read an array of this shape."""
        rank = len(shape)
        if rank < self.least or (self.most is not None and rank > self.most):
            raise MisfitError(self.words.format(class_name))


def at_least(axes: int) -> Rank:
    """Return the rank of a layer that reads so many axes or more."""
    return Rank(axes, None, f"it reads {axes} axes or more, batch included")


def exactly(axes: int) -> Rank:
    """Return the rank of a layer that reads so many axes."""
    return Rank(axes, axes, f"{{}} reads {axes} axes, batch included")


def in_batches(axes: int) -> Rank:
    """Return the rank of a layer that reads so many axes, of which the batch
    may be several.
    """
    return Rank(axes, None, f"{{}} reads {axes} axes or more, batch included")


ANY_RANK = at_least(1)
PICTURE = Rank(3, 4, "{} reads 3 or 4 axes")
"""The rank of a layer that reads a picture or a batch of them."""

# The timesteps that an output depends on --------------------------------------

ANYWHERE = "anywhere"
"""The reach of a layer that may look at the whole sequence."""
ALONE = "alone"
"""The reach of a layer whose output at a timestep depends on that timestep
alone.
"""
ALONG_LAST = "along the last axis"
"""The reach of a layer of which ALONE holds where its `axis` is the last."""
AROUND = "around"
"""The reach of a layer that looks at a window of timesteps (`geometry` says
which).
"""

# The mask ---------------------------------------------------------------------


class Mask(NamedTuple):
    """The mask of a layer's output, by that of its input."""

    keeps: bool = False
    """Whether the output has the mask of the input; where not, the mask ends
    here.
    """
    ends_in: tuple[int, ...] = ()
    """The generations of Keras in which it ends all the same
    (`supports_masking` in their sources).
    """
    begins: bool = False
    """Whether a mask may begin here."""


ENDS = Mask()
KEEPS = Mask(keeps=True)
BEGINS = Mask(begins=True)

# The axis of time -------------------------------------------------------------

SAME = "same"
"""As many timesteps come out as went in, if they are timesteps at all."""
OTHER = "other"
"""Another number of timesteps comes out."""
MADE = "made"
"""A sequence is made of a vector."""
ENDED = "ended"
"""A vector is made of a sequence."""
FLAT = "flat"
"""All values of a sequence become one vector."""
UNKNOWN = "unknown"
"""Which axis is time afterwards depends on the configuration."""

# ------------------------------------------------------------------------------

SPACES: Mapping[int, str] = {1: "the sequence", 2: "an image", 3: "a volume"}
"""The input of a layer of so many spatial axes, in words."""
WAYS: Mapping[int, str] = {
    1: "along the sequence",
    2: "over an image",
    3: "over a volume",
}
"""The way of a kernel over so many spatial axes, in words."""


def in_time(axes: int, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the settings of a schema that hold where the only spatial axis is
    time.
    """
    if axes == 1:
        return settings

    return {}


class Schema(NamedTuple):
    """All that is known of the layers of one class name beside their
    arithmetic.
    """

    sentence: str
    """Its purpose, for a reader who meets it for the first time."""

    arrays: tuple[Stored, ...] = ()
    """The arrays it keeps, in Keras's order."""
    follows: tuple[str, ...] = ()
    """Keys whose value is a side of its arrays; where the two differ, the
    arrays win and a warning says so.
    """
    scales: Mapping[str, str] = {}
    """The sides of arrays that it keeps only where it is quantized, by their
    names.
    """
    quantized: tuple[str, ...] | None = None
    """The ways of quantizing it that are reproduced; None for a class that a
    quantized policy leaves as it is.
    """
    turned_by_theano: bool = False
    """Whether Theano's kernel is turned in each spatial axis (keras 2.0.8,
    topology.py, conv_layers).
    """

    keys: Mapping[str, Key] = {}
    """The values of keys that mean something of their own in this class."""
    needs: tuple[str, ...] = ()
    """Keys without which it can't be computed."""
    never_null: tuple[str, ...] = ()
    """Keys that may be absent, but not null."""
    together: tuple[str, ...] = ()
    """Keys of which there are all or none."""
    why_not: Callable[[Config], str | None] | None = None
    """Returns why a layer of this configuration isn't reproduced; None when it
    is.
    """

    rank: Rank = ANY_RANK
    """The axes it reads; `check` of a layer of several inputs says it there."""
    spatial: int = 0
    """How many of those are spatial."""
    reach: str = ANYWHERE
    """The timesteps that an output depends on: ANYWHERE, ALONE, ALONG_LAST,
    AROUND.
    """
    mask: Mask = ENDS
    listed: bool = False
    """Whether Keras calls it with a list of tensors, which it joins."""
    with_softmax: bool = False
    """Whether its weights come from Keras's Softmax layer, which may set those
    of masked places to 0.
    """
    in_training: bool = False
    """Whether it does something else in training whatever its configuration."""

    reads_ids: bool = False
    """Whether it looks up token ids in a table."""
    id_counts: tuple[str, ...] = ()
    """Keys that say how many ids there are, of a layer that makes vectors of
    ids.
    """
    reads_width: bool = False
    """Whether the first side of its first array is the length of the last axis
    it reads, whatever axes come before.
    """

    back: str = ""
    """The function that differentiates it, as `module:name` of
    `engine/gradients`; without one no gradient passes through it.
    """

    defaults: Config | None = None
    """Keras's defaults of the settings that a file of weights doesn't tell;
    None where the layer can't be computed from such a file.
    """
    untold: tuple[str, ...] = ()
    """Keys with a default that models rarely keep: a file of weights needs
    them.
    """
    reads_time: bool = False
    """Whether it reads sequences and nothing else."""
    time: str = SAME
    """The timesteps of its output: SAME, OTHER, MADE, ENDED, FLAT, UNKNOWN."""

    def array(self, name: str) -> Stored | None:
        """Return the array of this name; None for a name it doesn't declare."""
        return next(
            (array for array in self.arrays if array.name == name),
            None,
        )


UNDECLARED = Schema("")
"""The schema of a layer that no class declares: a recurrent layer, a model, a
constant, an operation.
"""
