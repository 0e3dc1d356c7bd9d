"""With which unit a series goes best: rare series and units that are off don't
win, and units that go nearly as well are named too.
"""

from __future__ import annotations

import numpy as np
import pytest
from sample_runs import given_cell, sample_run

from rnn_tui.analysis.purpose import (
    FEWEST,
    best_of,
    by_best_unit,
    goes_best,
    purposes,
    timesteps_apart,
    too_rare,
)
from rnn_tui.analysis.series import Series, Tokens, beside
from rnn_tui.analysis.units import UnitStatistics, unit_statistics
from rnn_tui.engine.core.edits import Edit

TIMESTEPS = 40


def with_tokens(rare: int) -> UnitStatistics:
    """The statistics of three units: unit 0 is 1 where the rare token is, unit
    1 goes with a series but for noise, unit 2 is noise.
    """
    rng = np.random.default_rng(5)
    ids = np.arange(TIMESTEPS) % 2
    ids[:rare] = 2
    wanted = np.sin(np.arange(TIMESTEPS))
    h = rng.standard_normal((TIMESTEPS, 3))
    h[:, 0] = ids == 2
    h[:, 1] = wanted + 0.2 * h[:, 1]
    tokens = Tokens(ids, np.array([0, 1, 2]), ("a", "b", "q"))
    cell = given_cell({"h": h}, kind="simple_rnn")

    return unit_statistics(cell, Series({"wanted": wanted}), tokens)


@pytest.mark.parametrize(
    ("timesteps", "rare"),
    [(1, True), (FEWEST - 1, True), (FEWEST, False)],
)
def test_a_rare_token_wins_no_ranking(timesteps: int, rare: bool) -> None:
    found = with_tokens(timesteps)
    # it is the largest correlation of all
    assert found.states["h"].correlation["q"][0] == pytest.approx(1)

    assert (goes_best(found, "q") is None) is rare
    assert (best_of(found, ("q", "wanted")) == "wanted") is rare
    assert ("q" in by_best_unit(found, ("q", "wanted", "a"))) is not rare
    assert too_rare(found) == ({"q": timesteps} if rare else {})

    tree = found.tree()
    assert tree["fewest_token_timesteps"] == FEWEST == 5
    assert tree["too_rare"] == ({"q": timesteps} if rare else {})
    assert ("q" in tree["goes_best"]) is not rare
    assert tree["goes_best"]["wanted"]["unit"] == 1
    assert (
        f"not ranked, for at fewer than 5 timesteps: “q” {timesteps}"
        in (found.note)
    ) is rare


def test_a_token_that_is_nearly_everywhere_is_as_rare_as_the_others() -> None:
    ids = np.zeros(TIMESTEPS, int)
    ids[7] = 1
    h = np.random.default_rng(0).standard_normal((TIMESTEPS, 2))
    found = unit_statistics(
        given_cell({"h": h}, kind="simple_rnn"),
        tokens=Tokens(ids, np.array([0, 1]), ("x", "y")),
    )

    assert too_rare(found) == {"x": 1, "y": 1}
    assert "“x” all but 1, “y” 1" in found.note


def test_the_timesteps_of_a_series_are_those_away_from_its_usual_value() -> (
    None
):
    rng = np.random.default_rng(1)
    two_values = np.zeros(50)
    two_values[[3, 17, 40]] = 1
    peaks = rng.random(50) * 0.01
    peaks[[3, 17]] = 0.9

    assert timesteps_apart(two_values) == 3
    assert timesteps_apart(1 - two_values) == 3
    assert timesteps_apart(peaks) == 2
    assert timesteps_apart(np.arange(50) % 2) == 25
    assert timesteps_apart(rng.standard_normal(50)) > 25
    assert timesteps_apart(np.full(50, 0.3)) == 0
    assert timesteps_apart(np.zeros(0)) == 0
    assert timesteps_apart(np.full(9, np.nan)) == 0
    assert timesteps_apart(np.array([np.nan, 1, 1, 1, np.inf])) == 2
    assert timesteps_apart(np.array([True, False, False])) == 1


def test_only_the_timesteps_that_were_read_count() -> None:
    ids = np.zeros(TIMESTEPS, int)
    ids[::5] = 1  # eight timesteps, of which a mask leaves four
    read = np.arange(TIMESTEPS) < TIMESTEPS // 2
    series = Series({"signal": (ids == 1).astype(float)})
    h = np.random.default_rng(0).standard_normal((TIMESTEPS, 2))

    found = unit_statistics(
        given_cell({"h": h}, kind="simple_rnn", mask=read),
        series,
        Tokens(ids, np.array([1]), ("y",)),
    )

    assert too_rare(found) == {"signal": 4, "y": 4}


def of_sample(name: str, off: tuple[int, ...] = ()) -> UnitStatistics:
    trace = sample_run(name)
    model = trace.model.model
    cell = trace.cells[0]
    if off:
        mask = np.isin(np.arange(cell.units), off)
        edit = Edit("h", mask, np.zeros(cell.units), initial=True)
        trace = model.edited({"lstm": [edit]}).run(trace.inputs)
        cell = trace.cells[0]

    return unit_statistics(cell, beside(model, trace, cell).series)


def test_the_unit_that_counts_has_none_near_it() -> None:
    found = of_sample("counter")
    answer = goes_best(found, "open[0]")

    assert answer is not None
    assert (answer.state, answer.best.unit, answer.near) == ("c", 3, ())
    assert answer.next is not None
    assert answer.next.unit == 0
    assert answer.words("open[0]") == (
        "open[0] goes best with c of unit 3 (r −0.96); no other unit comes "
        "near: the next is unit 0 (+0.69)"
    )


def test_where_no_single_unit_counts_the_others_are_named_and_what_does() -> (
    None
):
    found = of_sample("brackets")
    r = np.abs(found.states["c"].correlation["open[0]"])
    near = np.flatnonzero(r >= 0.9 * r.max())
    answer = goes_best(found, "open[0]")

    assert answer is not None
    named = [answer.best.unit, *(one.unit for one in answer.near)]
    assert sorted(named) == near.tolist()
    assert named == sorted(named, key=lambda unit: -r[unit])
    assert answer.direction is not None
    assert (answer.direction.state, answer.direction.number) == ("h", 1)
    assert abs(answer.direction.r) > r.max()

    words = answer.words("open[0]")
    assert "unit 0 (r +0.98), nearly as well with 7 (+0.98), 2 (+0.96)" in words
    assert f"and {len(near) - 4} more, |r| from 0.88 on" in words
    assert "no single unit does it alone" in words
    assert "one direction of all units together does: PC1 of h" in words


def test_a_unit_that_is_off_is_not_what_the_output_goes_with() -> None:
    with_all = of_sample("brackets")
    winner = goes_best(with_all, "open[0]")
    assert winner is not None

    without = of_sample("brackets", off=(winner.best.unit,))
    r = np.abs(without.states["c"].correlation["open[0]"])
    answer = goes_best(without, "open[0]")

    assert answer is not None
    named = [answer.best.unit, *(one.unit for one in answer.near)]
    assert winner.best.unit not in named
    r[winner.best.unit] = 0
    assert answer.best.unit == int(r.argmax())
    # the components are of all units, those that are off too
    assert answer.direction is None
    assert list(without.tree()["off"]) == [str(winner.best.unit)]


def test_the_users_columns_are_answered_before_the_best_output() -> None:
    found = with_tokens(1)

    answers = purposes(found, ("wanted", "absent"), ("none",))

    assert [(one.series, one.best.unit) for one in answers] == [("wanted", 1)]


def test_few_timesteps_and_constant_units_name_no_unit() -> None:
    h = np.random.default_rng(0).standard_normal((9, 2))
    short = unit_statistics(
        given_cell({"h": h}, kind="simple_rnn"), Series({"x": h[:, 0]})
    )
    still = unit_statistics(
        given_cell({"h": np.ones((20, 2))}, kind="simple_rnn"),
        Series({"x": np.arange(20.0)}),
    )

    assert goes_best(short, "x") is None
    assert goes_best(still, "x") is None
