"""How time runs is said in the state line, whether it runs or is held."""

from dataclasses import replace

import pytest
from made_traces import lstm_trace

from rnn_tui.tui.session.session import Session, clamped
from rnn_tui.tui.text.state_line import Playing, StateText


@pytest.mark.parametrize(
    ("playing", "words"),
    [
        (Playing(8.0), "▶ 8/s"),
        (Playing(None, held=8.0), "❚❚ 8/s"),
        (Playing(4.0, ascii=True, held=4.0), "> 4/s"),
        (Playing(None, ascii=True, held=0.5), "|| 0.5/s"),
    ],
)
def test_sign_and_speed_are_beside_the_position(playing, words):
    session = Session()
    subject = replace(session.subject, trace=lstm_trace(6, 30))
    session = clamped(replace(session, subject=subject))
    left, right = StateText().line(session, 160, playing)
    assert words in "".join(text for text, _ in right)
    assert "0/29" in "".join(text for text, _ in left)


def test_without_a_run_there_is_no_speed():
    assert StateText().line(Session(), 160, Playing(None, held=8.0)) == ((), ())
