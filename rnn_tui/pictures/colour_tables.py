"""The colour maps, seventeen steps each, as bytes (red, green, blue).

Berlin and vik: Fabio Crameri, Scientific colour maps (MIT). Berlin is dark in
its middle, vik is light. Cividis: Jamie R. Nuñez, Christopher R. Anderton, Ryan
S. Renslow, 2018 (BSD 3-clause). All three keep their order and, the first two,
their sign under the common forms of colour blindness.
"""

from __future__ import annotations

from typing import TypeAlias

RGB: TypeAlias = "tuple[int, int, int]"

STEPS = 17

BERLIN = bytes.fromhex(
    "9eb0ff79abed529fd33686ad2868861d4b6114313f111a20190c092a0e014012015a1c077c331d9c503dbc6e61dd8d86ffadad"
)
VIK = bytes.fromhex(
    "001261022b710344810c5e922f7ca6609dbc92bdd2c5dbe5ece5e1e9cbb9dcab8fcf8e68c37243b3531f932e06741506590008"
)
CIVIDIS = bytes.fromhex(
    "00224e002e6a1a386f32436d434e6c52596d61656f6f70737c7b788b87789b9376ABA072BBAD6CCCBA64DDC958EFD748FEE838"
)


def colours_of(table: bytes) -> tuple[RGB, ...]:
    """Return the steps of a baked map."""
    return tuple(
        (table[k], table[k + 1], table[k + 2]) for k in range(0, len(table), 3)
    )
