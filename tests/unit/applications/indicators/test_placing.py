"""The places that are offered: a department without a hospital is never offered silently."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lianyi.applications.indicators.naming import Names
from lianyi.applications.indicators.placing import places_view

pairs = st.sets(st.tuples(st.sampled_from(["", "H1", "H2"]), st.sampled_from(["", "D1", "D2"])))


@given(places=pairs, doctors=pairs)
def test_what_is_of_no_hospital_says_so_and_is_counted(
    places: set[tuple[str, str]], doctors: set[tuple[str, str]]
) -> None:
    told = places_view(places, {one for one in doctors if one[1]}, Names())
    assert {(one.hospital, one.code) for one in told.departments} == {p for p in places if p[1]}
    assert {one.code for one in told.hospitals} == {hospital for hospital, _ in places if hospital}
    for one in (*told.departments, *told.doctors):
        assert one.name.zh.endswith("（未注明医院）") == (one.hospital == "")
        assert one.name.en.endswith("(of no hospital)") == (one.hospital == "")
    assert told.unplaced == sum(one.hospital == "" for one in told.departments)
