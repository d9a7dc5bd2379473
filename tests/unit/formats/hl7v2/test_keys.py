from hypothesis import given
from hypothesis import strategies as st

from lianyi.formats.hl7v2 import BrowseKeys, browse_keys, parse


def keys_of(*segments: str) -> BrowseKeys:
    return browse_keys(parse("\r".join(["MSH|^~\\&|A", *segments, ""]).encode()))


def test_patients_carry_their_authority() -> None:
    keys = keys_of(
        "PID|1|OLD^^^X|P1^^^HIS^PI~910000199001010000^^^&2.16&ISO^NI~P1^^^HIS|ALT||||||||||||||ACC^^^B",
        "MRG|P0^^^HIS~P9",
    )
    assert keys.patients == (
        "P1^HIS",
        "910000199001010000^2.16",
        "OLD^X",
        "ALT^",
        "P0^HIS",
        "P9^",
    )
    assert keys.encounters == ("ACC",)


def test_orders_of_all_groups_once() -> None:
    keys = keys_of(
        "PV1|1|I|||||||||||||||||V1^^^B",
        "ORC|RE|O1^HIS|L1^LIS",
        "OBR|1|O1^HIS|L1",
        "ORC|RE|O2",
        "OBR|2|O2|L2|||||||||||||||ACC2",
        "IPC|ACC3^RIS",
    )
    assert keys.orders == ("O1", "L1", "O2", "L2")
    assert keys.accessions == ("L1", "ACC2", "ACC3")
    assert keys.encounters == ("V1",)


def test_nothing_said_and_null_give_no_key() -> None:
    assert keys_of('PID|1||""~^^^HIS', 'ORC|RE|""', "OBR", "PV1|1") == BrowseKeys()


def test_escapes_are_resolved() -> None:
    assert keys_of("PID|1||A\\T\\B^^^H\\T\\S").patients == ("A&B^H&S",)


@given(st.integers(0, 200))
def test_there_is_a_limit(count: int) -> None:
    keys = keys_of(*(f"ORC|RE|O{n}" for n in range(count)))
    assert len(keys.orders) == min(count, 32)
    many = keys_of("PID|1||" + "~".join(f"P{n}" for n in range(count)))
    assert len(many.patients) == min(count, 32)


def test_other_delimiters() -> None:
    message = parse(b"MSH*:;!%*A\rPID*1**P1:::HIS;P2:::%2.16\r")
    assert browse_keys(message).patients == ("P1^HIS", "P2^2.16")
