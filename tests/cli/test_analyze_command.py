"""`rnn-tui analyze`: the JSON's keys, the long table, the page, and what is
refused.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rnn_tui.cli import main

Run = Callable[..., tuple[int, str, str]]

DEPTH = "0 1 1 2 2 2 1 1 2 2 3 4 4 3 3 2 1 1 1 2 2 1"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*argv: object) -> tuple[int, str, str]:
        status = main([str(word) for word in argv])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def tree_of(run: Run, *argv: object) -> dict:
    status, out, err = run("analyze", *argv, "--format", "json")
    assert status == 0, err

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(out, parse_constant=refuse)


def true_depth(tmp_path: Path) -> Path:
    text = "x(x(xx)(x((x)x)))xx(x)"
    steps = [{"(": 1, ")": -1}.get(char, 0) for char in text]
    path = tmp_path / "depth.csv"
    path.write_text("\n".join(map(str, np.cumsum(steps))) + "\n")
    return path


def test_the_memory_of_each_layer(run: Run) -> None:
    tree = tree_of(run, "brackets", "--show", "memory", "--dtype", "float64")

    assert tree["schema"] == 1
    assert tree["input"]["timesteps"] == 22
    assert tree["input"]["features"] == 3
    assert tree["warnings"] == []
    found = tree["memory"]["lstm"]
    assert len(found["half_life"]) == len(found["kept"]) == 16
    assert found["half_life"][0] == pytest.approx(2.89104295, abs=1e-8)
    assert found["kept"][5] == pytest.approx(0.01474898, abs=1e-8)
    assert found["singular_values"][0] == pytest.approx(1.70267656, abs=1e-8)
    assert len(found["memory_time"]) == 3
    assert "the units hand it on" in found["note"]


def test_what_never_ends_is_null_and_no_json_is_broken(run: Run) -> None:
    found = tree_of(run, "brackets", "--show", "memory")["memory"]["lstm"]

    assert found["memory_time"][0] is None
    assert found["note"].endswith("null is ∞")
    _, page, _ = run("analyze", "brackets", "--show", "memory")
    assert "half-life" in page


def test_the_saturation_of_each_gate(run: Run) -> None:
    tree = tree_of(run, "char-lstm", "--show", "saturation")

    found = tree["saturation"]["lstm"]
    assert found["timesteps"] == 38
    for gate in ("i", "f", "o"):
        assert set(found[gate]) == {"low", "high"}
        assert len(found[gate]["low"]) == 64
    assert np.mean(found["i"]["high"]) > 0.5


def test_the_units_and_the_users_own_column(run: Run, tmp_path: Path) -> None:
    tree = tree_of(
        run,
        "brackets",
        "--show",
        "units",
        "--column",
        f"depth={true_depth(tmp_path)}",
        "--dtype",
        "float64",
    )

    found = tree["units"]["lstm"]
    depth = found["correlation"]["depth"]
    assert [depth[unit] for unit in (0, 2, 7)] == pytest.approx(
        [0.971666, 0.955067, 0.965911], abs=1e-6
    )
    assert found["quantity"] == "c"
    assert set(found["correlation"]) == {"t", "open[0]", "depth", "(", ")", "x"}
    assert set(found["change_by_token"]) == {"(", ")", "x"}
    assert found["token_timesteps"] == {"(": 6, ")": 6, "x": 10}
    assert found["h"]["effective_dimension"] == pytest.approx(1.7, abs=0.05)
    assert len(found["pc_share"]) == 3


def test_a_column_can_be_typed_and_must_be_as_long_as_the_sequence(
    run: Run,
) -> None:
    tree = tree_of(run, "brackets", "--column", f"mine={DEPTH}")
    assert "mine" in tree["units"]["lstm"]["correlation"]

    status, _, err = run("analyze", "brackets", "--column", "mine=1 2 3")
    assert status == 2
    assert "it has 3 numbers, the sequence 22 timesteps" in err
    status, _, err = run("analyze", "brackets", "--column", "depth.csv")
    assert status == 2
    assert "write NAME=FILE" in err
    status, _, err = run("analyze", "brackets", "--column", "d=missing.csv")
    assert status == 2


def test_the_writings_of_the_liveliest_unit(run: Run) -> None:
    tree = tree_of(run, "counter", "--show", "written")

    found = tree["written"]["lstm"]
    assert (found["unit"], found["quantity"]) == (3, "c")
    assert len(found["values"]) == 22
    assert found["sum"] == pytest.approx(found["state"], abs=1e-6)


def test_a_layer_whose_writings_are_not_told_is_a_warning(run: Run) -> None:
    tree = tree_of(run, "simplernn-1")

    assert tree["written"] == {}
    assert "has no gate that keeps its state" in tree["warnings"][0]
    assert tree["memory"]["simple_rnn"]["half_life"] is None
    assert len(tree["memory"]["simple_rnn"]["singular_values"]) == 1


def test_both_directions_are_named_and_one_can_be_chosen(run: Run) -> None:
    both = tree_of(run, "bilstm-4")
    one = tree_of(run, "bilstm-4", "--layer", "bidirectional/backward")
    layer = tree_of(run, "bilstm-4", "--layer", "bidirectional")

    names = {"bidirectional/forward", "bidirectional/backward"}
    for part in ("memory", "saturation", "units", "written"):
        assert set(both[part]) == set(layer[part]) == names
        assert set(one[part]) == {"bidirectional/backward"}


def test_a_batch_is_refused_and_a_batch_of_one_is_not(
    run: Run, tmp_path: Path
) -> None:
    np.save(tmp_path / "three.npy", np.zeros((3, 5, 3), "f4"))
    np.save(tmp_path / "one.npy", np.eye(3, dtype="f4")[None])

    status, out, err = run(
        "analyze", "brackets", "--input", tmp_path / "three.npy"
    )
    assert (status, out) == (2, "")
    assert "this is a batch of 3" in err
    one = tree_of(run, "brackets", "--input", tmp_path / "one.npy")
    assert one["input"]["timesteps"] == 3


def test_changes_are_in_force_and_said(run: Run) -> None:
    tree = tree_of(run, "counter", "--show", "units", "--off", "lstm:3")
    without = tree_of(run, "counter", "--show", "units")

    assert tree["units"]["lstm"]["h"]["std"][3] == 0
    assert tree["units"]["lstm"]["h"]["correlation"]["t"][3] is None
    assert without["units"]["lstm"]["h"]["std"][3] > 0.5
    assert any("unit 3 of lstm is off" in line for line in tree["warnings"])


def test_the_long_table_has_a_row_for_each_number(
    run: Run, tmp_path: Path
) -> None:
    target = tmp_path / "all.csv"
    assert run("analyze", "bilstm-4", "-o", target)[0] == 0
    rows = list(csv.DictReader(io.StringIO(target.read_text())))

    assert list(rows[0]) == ["part", "layer", "measure", "index", "value"]
    assert {row["part"] for row in rows} == {
        "memory",
        "saturation",
        "units",
        "prediction",
        "written",
    }
    kept = [row for row in rows if row["measure"] == "kept"]
    assert len(kept) == 8
    high = [row for row in rows if row["measure"] == "f high"]
    assert [row["index"] for row in high[:4]] == ["0", "1", "2", "3"]


def test_the_page_says_what_the_numbers_mean(run: Run) -> None:
    status, out, _ = run("analyze", "counter")

    assert status == 0
    assert "no gate holds it; the units hand it on" in out
    assert "few, so r is rough: “(” 6, “)” 6 timesteps" in out
    assert "not because of which input" in out


def test_parts_that_do_not_exist_are_refused(
    run: Run,
) -> None:
    status, _, err = run("analyze", "counter", "--show", "memory,sense")

    assert status == 2
    assert "'sense' is no part" in err


def test_a_model_without_recurrent_layers_says_so(run: Run) -> None:
    status, out, _ = run("analyze", "dense-1")

    assert status == 0
    assert "no recurrent layer ran" in out
    assert tree_of(run, "dense-1")["memory"] == {}


def test_skipped_timesteps_are_left_out(run: Run) -> None:
    tree = tree_of(run, "lstm-masked")

    assert tree["input"] == {
        "timesteps": 8,
        "features": None,
        "understood": tree["input"]["understood"],
    }
    assert tree["saturation"]["lstm"]["timesteps"] == 5
    assert tree["written"]["lstm"]["values"][2] == 0
    counts = tree["units"]["lstm"]["token_timesteps"]
    assert counts == {"0": 0, "1": 1, "2": 1, "3": 1, "4": 1, "5": 1}


def test_the_direct_shares_add_up_to_the_target(run: Run) -> None:
    tree = tree_of(run, "counter", "--show", "units", "--target", "open[0]@10")

    direct = tree["units"]["lstm"]["direct"]
    assert direct["target"] == "open[0]@10"
    assert sum(direct["values"]) + direct["bias"] == pytest.approx(
        direct["value"]
    )
    without = tree_of(run, "bilstm-4", "--show", "units")
    assert without["units"]["bidirectional/forward"]["direct"] is None


def test_a_target_that_does_not_exist_is_refused(run: Run) -> None:
    for target in ("close[0]", "open[7]", "open[0]@99", "lstm.q[0]"):
        status, _, err = run("analyze", "counter", "--target", target)
        assert status == 2, target
        assert err.count("\n") == 1


def test_the_effects_of_each_unit_are_by_zero_and_by_mean(run: Run) -> None:
    tree = tree_of(run, "brackets", "--show", "effects", "--dtype", "float64")

    found = tree["effects"]["lstm"]
    assert found["kind"] == "zero"
    assert found["target"] == "open[0]"
    assert len(found["change"]) == len(found["by_mean"]["change"]) == 16
    assert found["by_mean"]["kind"] == "mean"
    off = -0.3165681 - 0.08276823  # the last output without unit 2, and with it
    assert found["change"][2] == pytest.approx(off, abs=1e-7)
    assert "effects" not in tree_of(run, "brackets")


def test_the_effects_are_of_the_target_that_was_asked_for(run: Run) -> None:
    tree = tree_of(
        run, "counter", "--show", "effects", "--target", "open[0]@11"
    )

    changes = np.abs(tree["effects"]["lstm"]["change"])
    assert sorted(np.argsort(-changes)[:2].tolist()) == [0, 3]


def test_the_prediction_so_far_is_that_of_each_prefix(run: Run) -> None:
    tree = tree_of(run, "bilstm-4", "--show", "prediction")
    steps = ["-0.4 -0.8", "0.6 0.6", "0.3 -0.2", "1.2 0.2", "0.2 3.3"]

    found = tree["prediction"]["bidirectional"]
    assert len(found) == 5
    for count in (1, 3):
        prefix = tree_of(
            run,
            "bilstm-4",
            "--show",
            "prediction",
            "--input",
            "; ".join(steps[:count]) + (";" if count == 1 else ""),
        )
        assert prefix["prediction"]["bidirectional"][-1] == pytest.approx(
            found[count - 1], abs=1e-6
        )
    assert "one for each prefix" in tree["prediction_note"]


def test_the_prediction_of_a_layer_that_returns_sequences_is_its_output(
    run: Run,
) -> None:
    tree = tree_of(run, "counter", "--show", "prediction")

    rounded = np.rint(np.ravel(tree["prediction"]["open"])).tolist()
    assert rounded[:6] == [0, 1, 1, 2, 2, 2]


def test_all_but_influence_and_effects_is_shown_by_default(run: Run) -> None:
    tree = tree_of(run, "counter")

    assert {"memory", "saturation", "units", "written", "prediction"} < set(
        tree
    )
    assert not {"influence", "effects"} & set(tree)


def test_the_influence_carries_its_method_baseline_and_sums(run: Run) -> None:
    options = ("--show", "influence", "--dtype", "float64")
    swap = tree_of(run, "brackets", *options)["influence"]
    ig = tree_of(
        run, "brackets", *options, "--method", "ig", "--baseline", "token:x"
    )["influence"]

    assert swap["method"] == "swap"
    assert swap["residual"] is None
    assert len(swap["values"]) == len(swap["by_timestep"]) == 22
    assert swap["sum"] == pytest.approx(sum(swap["by_timestep"]))
    assert swap["note"]
    assert [ig["by_timestep"][t] for t in (1, 6, 19, 21)] == pytest.approx(
        [0.604, -0.600, 0.721, -0.628], abs=5e-4
    )
    assert ig["sum"] == pytest.approx(0.04004715, abs=1e-8)
    assert abs(ig["residual"]) < 1e-12
    assert "'x'" in ig["baseline"]
    assert len(ig["values"][0]) == 3


def test_the_gradient_is_that_of_the_target(run: Run) -> None:
    tree = tree_of(
        run,
        "gru-reset-before",
        "--show",
        "influence",
        "--method",
        "gradient",
        "--target",
        "gru.h[0]@5",
        "--dtype",
        "float64",
    )

    found = tree["influence"]
    assert found["target"] == "gru.h[0]@5"
    assert found["values"][0] == pytest.approx(
        [-0.00324964, 0.00772767], abs=1e-8
    )
    assert found["values"][5] == pytest.approx(
        [-0.02977836, 0.09363154], abs=1e-8
    )
    assert found["by_timestep"][0] == pytest.approx(
        np.hypot(0.00324964, 0.00772767), abs=1e-7
    )


def test_a_typed_baseline_is_named_as_it_was_typed(run: Run) -> None:
    options = ("--show", "influence", "--baseline", "0 0 1")
    status, page, _ = run("analyze", "brackets", *options)

    assert status == 0
    assert "one timestep of your own (0 0 1)" in page


def test_the_influence_names_the_token_and_the_features(run: Run) -> None:
    status, page, _ = run("analyze", "counter", "--show", "influence")
    assert status == 0
    rows = [line.split() for line in page.splitlines()]
    tokens = {row[1] for row in rows if len(row) == 3 and row[0].isdigit()}
    assert tokens <= {"(", ")", "x"}
    assert "(" in tokens

    tree = tree_of(run, "gru-reset-before", "--show", "influence")
    by_feature = tree["influence"]["by_feature"]
    status, page, _ = run("analyze", "gru-reset-before", "--show", "influence")
    assert len(by_feature) == 2
    assert "by feature" in page
    assert all(f"{value:.4g}" in page for value in by_feature)


def test_the_baseline_can_be_a_sequence_of_your_own(
    run: Run, tmp_path: Path
) -> None:
    np.save(tmp_path / "own.npy", np.eye(3, dtype="f4")[[2] * 22])
    options = ("--show", "influence", "--format", "json")
    own = tree_of(run, "brackets", *options, "--baseline", tmp_path / "own.npy")
    token = tree_of(run, "brackets", *options, "--baseline", "token:x")

    assert own["influence"]["by_timestep"] == pytest.approx(
        token["influence"]["by_timestep"]
    )
    # one timestep of it is a baseline for all
    typed = tree_of(run, "brackets", *options, "--baseline", "0 0 1")
    assert (
        typed["influence"]["by_timestep"] == token["influence"]["by_timestep"]
    )
    assert typed["influence"]["baseline"] == "one timestep of your own"
    for wrong in ("token:y", "1 2", "nowhere.npy"):
        status, _, err = run(
            "analyze", "brackets", *options, "--baseline", wrong
        )
        assert status == 2, wrong
        assert err.count("\n") == 1


def test_the_writings_are_those_of_the_target_where_it_is_a_state(
    run: Run,
) -> None:
    tree = tree_of(
        run, "counter", "--show", "written", "--target", "lstm.c[0]@7"
    )

    found = tree["written"]["lstm"]
    assert (found["unit"], found["at"]) == (0, 7)
    assert not any(found["values"][8:])
    assert found["sum"] == pytest.approx(found["state"], abs=1e-6)


def test_a_model_whose_output_is_no_vector_is_analyzed_all_the_same(
    run: Run,
) -> None:
    path = Path(__file__).parents[1] / "data" / "layout__convlstm.keras"
    tree = tree_of(run, path, "--show", "memory,saturation,units")

    assert tree["memory"]
    assert all(one["felt_by_lag"] is None for one in tree["memory"].values())
    assert any("the target" in line for line in tree["warnings"])


def test_a_page_says_what_it_leaves_out(run: Run) -> None:
    _, out, _ = run("analyze", "brackets", "--show", "units,influence,written")

    assert "8 of 16 units, the largest by std; --format json" in out
    assert "8 of 22 timesteps, the largest; --format json" in out
    assert "timesteps that wrote of it" in out
    _, out, _ = run("analyze", "counter", "--show", "units")
    assert "--format json" not in out


def test_a_layer_that_is_not_recurrent_is_refused(run: Run) -> None:
    status, out, err = run("analyze", "counter", "--layer", "open")

    assert status == 2
    assert out == ""
    assert "open isn't recurrent: analyze is of lstm" in err


def test_a_column_that_is_no_column_is_said_to_be_none(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "two.csv"
    path.write_text("1,2\n3,4\n")
    status, _, err = run("analyze", "counter", "--column", f"depth={path}")

    assert status == 2
    assert "depth: a column is a number for each timestep" in err


def test_the_assumptions_of_a_file_are_written_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = Path(__file__).parents[1] / "data" / "pytorch" / "tagger.safetensors"
    argv = ["analyze", str(path), "--input", "1 2 3", "--show", "memory"]
    assert main([*argv, "--format", "json"]) == 0
    warnings = json.loads(capsys.readouterr().out)["warnings"]
    assert any("assumed" in line for line in warnings)
    assert len(set(warnings)) == len(warnings)
