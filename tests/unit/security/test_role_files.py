"""What a file of a role may say about treatment."""

from __future__ import annotations

import pytest

from lianyi.security.model import Purpose
from lianyi.security.roles import BadRole, parse_role

FILE = "role: nurse\ntitle: { zh: 护士, en: Nurse }\npermissions: [care.read]\npurpose: TREAT\n"


@pytest.mark.parametrize(
    ("more", "everybody", "keeps"),
    [
        ("", False, False),
        ("treats: unit\n", False, False),
        ("treats: everybody\n", True, False),
        ("treats: always\n", True, True),
    ],
)
def test_only_a_role_that_says_so_treats_everybody(more: str, everybody: bool, keeps: bool) -> None:
    role = parse_role(FILE + more, "nurse.yaml")
    assert (role.purpose, role.treats_everybody) == (Purpose.TREATMENT, everybody)
    assert role.keeps_records == keeps


def test_whom_a_role_treats_is_one_of_three_words() -> None:
    with pytest.raises(BadRole) as refused:
        parse_role(FILE + "treats: nobody\n", "nurse.yaml")
    assert "treats" in str(refused.value.where)
