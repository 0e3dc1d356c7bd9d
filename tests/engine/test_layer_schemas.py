"""What a layer class declares: every one completely, and nothing else of the
program holds a table of layers by name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from rnn_tui.engine.layers import names, registry, schema
from rnn_tui.engine.layers.layer import Layer
from rnn_tui.engine.layers.schema import Schema
from rnn_tui.formats.architecture.key_checks import KEYS
from rnn_tui.formats.weights_only.assumable import LAYER_KEYS, RECURRENT_KEYS

PACKAGE = Path(schema.__file__).resolve().parents[2]

QUANTIZED = re.compile(r"(kernel|embeddings|inputs)_(scale|zero)|g_idx")
"""Names of arrays that the quantization declares
(`architecture/quantization.py`).
"""

READ = re.compile(r'self\.(?:value|has)\(\s*"(\w+)"')
"""Where a layer reads an array by its name."""

NAMES = names.class_names()


def declared(class_name: str) -> Schema:
    found = registry.schema(class_name)
    assert found is not None
    return found


def test_a_module_declares_the_names_that_the_table_gives_it() -> None:
    for module in names.MODULES:
        path = import_module(f"rnn_tui.engine.layers.{module}").__file__
        assert path is not None
        source = ast.parse(Path(path).read_text(encoding="utf-8"))
        listed = names.MODULES[module].split()
        for name in listed:
            declared(name)
            cls = registry.class_for(name)
            assert cls is None or cls.__module__.endswith(f".{module}"), name
        made_here = {
            name
            for name, cls in registry._CLASSES.items()
            if cls.__module__.endswith(f".{module}")
            and not name.startswith(names.OPERATION)
        }
        wrapping = {
            keyword.arg
            for node in ast.walk(source)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "wraps"
            for keyword in node.keywords
        }
        assert made_here | wrapping == set(listed)


def test_the_table_has_every_module_of_layers_and_no_class_name_twice() -> None:
    folder = PACKAGE / "engine" / "layers"
    announcing = {
        path.stem
        for path in folder.glob("*.py")
        if re.search(
            r"^@(computes|wraps)\(", path.read_text(encoding="utf-8"), re.M
        )
    }
    assert announcing == set(names.MODULES)
    every = [
        name for listed in names.MODULES.values() for name in listed.split()
    ]
    assert len(every) == len(set(every))
    assert not set(every) & set(names.REFUSED)


def test_a_name_that_no_module_has_loads_nothing_and_has_no_schema() -> None:
    assert registry.schema("os") is None
    assert registry.class_for("..text") is None
    assert registry.schema("Lambda") is None


def test_every_class_says_in_one_sentence_what_it_does() -> None:
    for class_name in NAMES:
        sentence = declared(class_name).sentence
        assert re.fullmatch(r"[A-Z][^.]{9,}\.", sentence), class_name
        assert len(sentence) <= 110


def test_the_words_of_a_schema_are_those_that_are_known() -> None:
    for class_name in NAMES:
        found = declared(class_name)
        assert found.reach in (
            schema.ANYWHERE,
            schema.ALONE,
            schema.ALONG_LAST,
            schema.AROUND,
        )
        assert found.time in (
            schema.SAME,
            schema.OTHER,
            schema.MADE,
            schema.ENDED,
            schema.FLAT,
            schema.UNKNOWN,
        )
        assert found.mask.keeps or not found.mask.ends_in
        assert set(found.mask.ends_in) <= {1, 2, 3}
        if found.reach == schema.AROUND:
            assert hasattr(registry.class_for(class_name), "geometry")


def test_the_spatial_axes_are_those_of_the_name() -> None:
    for class_name in NAMES:
        found = declared(class_name)
        number = re.search(r"(\d)D", class_name)
        assert found.spatial == (int(number[1]) if number else 0)
        if found.spatial:
            assert found.rank.least == found.spatial + 2


def test_every_array_that_a_class_reads_is_declared() -> None:
    """By the names in its source, under any of the names that it computes."""
    for cls in {registry.class_for(name) for name in NAMES} - {None}:
        assert cls is not None
        own = [
            found
            for name, found in registry._SCHEMAS.items()
            if issubclass(registry._CLASSES.get(name, Layer), cls)
        ]
        known = {array.name for found in own for array in found.arrays}
        for name in READ.findall(source_of(cls)):
            quantized = QUANTIZED.fullmatch(name) and any(
                one.quantized for one in own
            )
            assert name in known or quantized, (cls, name)


def source_of(cls: type) -> str:
    module = import_module(cls.__module__)
    assert module.__file__ is not None
    text = Path(module.__file__).read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef) and node.name == cls.__name__:
            return ast.get_source_segment(text, node) or ""
    return ""


def test_the_arrays_of_a_class_are_named_once_and_their_sides_are_names() -> (
    None
):
    for class_name in NAMES:
        found = declared(class_name)
        given = [array.name for array in found.arrays]
        assert len(given) == len(set(given))
        sides = [array.sides for array in found.arrays] + list(
            found.scales.values()
        )
        words = {word for pattern in sides for word in (pattern or "").split()}
        special = {schema.ALIKE, schema.SIZE, schema.EVERY, "?"}
        assert all(re.fullmatch(r"\w+", word) for word in words - special)
        assert set(found.follows) <= words
        assert set(found.scales) == {
            name for name in found.scales if found.quantized
        }
        if found.reads_width:
            first = found.arrays[0].sides
            assert first is not None
            assert first == schema.ALIKE or first.split()[0] == "features"


def test_every_key_that_a_class_needs_has_a_test() -> None:
    for class_name in NAMES:
        found = declared(class_name)
        for key in (*found.needs, *found.never_null):
            assert key in found.keys or key in KEYS, key
        for key, known in found.keys.items():
            assert known.expected or known.test(object()), key


def test_what_a_file_of_weights_does_not_tell_can_be_assumed() -> None:
    """Each such key is one of `--assume`'s, and `--assume` takes no other."""
    wanted: set[str] = set()
    for class_name in names.class_names():
        found = declared(class_name)
        if found.defaults is None:
            assert not found.untold, class_name
            continue
        told = {
            word
            for array in found.arrays
            for word in (array.sides or "").split()
        }
        wanted |= {*found.defaults, *found.untold, *found.needs} - told
        if any(array.name == "beta" for array in found.arrays):
            wanted.add("center")
    assert wanted - set(RECURRENT_KEYS) == set(LAYER_KEYS)


# Tables of layers elsewhere ---------------------------------------------------

MOST_NAMED = 2
"""Class names that one collection outside the schemas may quote."""

ALLOWED = {
    "engine/core/activations.py": "the function of an activation layer that a "
    "configuration names as an activation",
    "engine/operations/keras_table.py": "functions, of which some are called as layers",
    "engine/operations/tensorflow_table.py": "functions, of which some are called as "
    "layers",
    "formats/architecture/keras_classes.py": "which release of Keras has which class",
    "formats/architecture/keras3_names.py": "what a file of another age calls a class",
    "formats/weights_only/order_layers.py": "where a class usually is in a model, a "
    "guess for files that don't say",
    "formats/weights_only/recognise.py": "which class the names of arrays speak of, "
    "where a file names no class",
    "verify/modules.py": "what PyTorch calls a class of Keras's",
    "verify/plan.py": "what Keras calls a class of another age today",
}
"""The files with such a collection, each with what it is about instead of
layers.
"""

COLLECTIONS = (ast.Dict, ast.Set, ast.List, ast.Tuple)


def collections(node: ast.AST) -> Iterator[ast.AST]:
    """The outermost collections of a module."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, COLLECTIONS):
            yield child
        else:
            yield from collections(child)


def quoted(collection: ast.AST) -> set[str]:
    """The feed-forward class names in a collection, those of f-strings too."""
    found: set[str] = set()
    inside_f = {
        id(part)
        for node in ast.walk(collection)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(collection):
        if isinstance(node, ast.JoinedStr):
            pattern = "".join(
                re.escape(str(part.value))
                if isinstance(part, ast.Constant)
                else r"\w{1,9}"
                for part in node.values
            )
            if len(re.sub(r"\\w\{1,9\}|\W", "", pattern)) > MOST_NAMED + 1:
                found |= {
                    name for name in set(NAMES) if re.fullmatch(pattern, name)
                }
        elif isinstance(node, ast.Constant) and id(node) not in inside_f:
            found |= set(NAMES) & set(str(node.value).split())
    return found


def tables() -> dict[str, list[set[str]]]:
    """Every collection of too many class names, by the file it is in."""
    found: dict[str, list[set[str]]] = {}
    for path in PACKAGE.rglob("*.py"):
        inside = path.relative_to(PACKAGE).as_posix()
        if inside.startswith("engine/layers/"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for collection in collections(tree):
            listed = quoted(collection)
            if len(listed) > MOST_NAMED:
                found.setdefault(inside, []).append(listed)
    return found


def test_no_other_file_has_a_table_of_layers() -> None:
    found = tables()
    assert set(found) - set(ALLOWED) == set(), found
    assert set(ALLOWED) == set(found), (
        "an exception that nothing needs any more"
    )


def test_a_table_of_layers_would_be_found() -> None:
    for text in (
        'X = ("Dense", "Flatten", "Dropout")',
        'def f(name):\n    return name in {"Dense", "Flatten", "Dropout"}',
        'X = {f"Conv{n}D": 1 for n in (1, 2, 3)}\nY = {**{f"Conv{n}D": 1}}',
        'X = {"text": "Dense Flatten Dropout"}',
    ):
        found = [quoted(one) for one in collections(ast.parse(text))]
        assert any(len(one) > MOST_NAMED for one in found), text


def test_the_way_back_that_a_schema_names_is_there() -> None:
    differentiated = [name for name in NAMES if declared(name).back]
    assert {"Dense", "Conv1D", "Add", "Attention"} <= set(differentiated)
    for name in differentiated:
        module, _, function = declared(name).back.partition(":")
        found = import_module(f"rnn_tui.engine.gradients.{module}")
        assert callable(getattr(found, function)), name
