"""A trace tells what was sent then, readably, also of what nobody could read."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from lianyi.channels.registrar import Registrar
from lianyi.messagelog.message import Position

from .house import House, hl7

SHARED = """
channel: shared
description: 检验结果：LIS → 电子病历
source: { connector: mllp, port: 0, default_codec: gb18030 }
gate: { structure: warn }
destinations:
  - name: emr
    connector: mllp
    address: 127.0.0.1:7001
    transform: [ mark ]
"""
MARK = 'steps: [ { convert: { charset: UNICODE UTF-8 } }, { set: { MSH-6: "{name}" } } ]\n'


class Content:
    """A content folder and what takes it over."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.folder = house.content_dir
        for name in ("channels", "steps"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "channels" / "shared.yaml").write_text(SHARED, encoding="utf-8")
        self.registrar = Registrar(house.pool, self.folder, shards=1, clock=house.clock)

    async def steps(self, name: str) -> None:
        """Change the step list, and nothing else."""
        text = MARK.replace("{name}", name)
        (self.folder / "steps" / "mark.yaml").write_text(text, encoding="utf-8")
        await self.registrar.look()
        row = await self.house.pool.fetchrow("SELECT channel, shard FROM channels.channel")
        assert row
        self.house.channels["shared"] = row["channel"], row["shard"]
        for row in await self.house.pool.fetch(
            "SELECT destination, name FROM channels.destination"
        ):
            self.house.destinations[row["name"]] = row["destination"]

    async def receipt(self, at: Position, version: int, *, outcome: int = 0) -> None:
        await self.house.receipt("emr", at, outcome)
        await self.house.pool.execute(
            "UPDATE channels.receipt SET version = $1 WHERE at = $2",
            version,
            self.house.clock.now(),
        )

    async def traced(self, at: Position) -> tuple[Any, Any]:
        """Return a trace, and its one delivery."""
        trace = await self.house.get(f"/messages/{at}")
        (delivery,) = trace["destinations"]
        return trace, delivery


@pytest.fixture
def content(house: House) -> Content:
    return Content(house)


async def append(house: House, body: bytes, *, codec: str) -> Position:
    (at,) = await house.append("shared", [body])
    await house.pool.execute("UPDATE messagelog.message SET codec = $1", codec)
    return at


async def test_what_a_step_has_converted_is_shown_in_its_own_codec(content: Content) -> None:
    await content.steps("EMR")
    body = hl7("A1").decode().replace("UNICODE UTF-8", "GB 18030-2000").encode("gb18030")
    at = await append(content.house, body, codec="gb18030")

    _, delivery = await content.traced(at)

    assert "测试^甲" in delivery["outgoing"][0]["body_text"]
    assert "PID-5" not in {one["path"] for one in delivery["outgoing"][0]["diff"]}


async def test_an_old_delivery_shows_what_was_sent_then(content: Content) -> None:
    await content.steps("OLD")
    at = await append(content.house, hl7("A1"), codec="utf-8")
    await content.receipt(at, 1)
    await content.steps("NEWER")

    trace, delivery = await content.traced(at)

    assert "|EMR|OLD|" in delivery["outgoing"][0]["body_text"]
    assert delivery["outgoing_by"] == {"version": 1, "instead_of": None}
    assert trace["judged_by"] == {"version": 1, "instead_of": None}
    assert [one["version"] for one in delivery["attempts"]] == [1]


async def test_what_was_not_sent_yet_shows_what_would_be_sent_now(content: Content) -> None:
    await content.steps("OLD")
    at = await append(content.house, hl7("A1"), codec="utf-8")
    await content.receipt(at, 1, outcome=3)
    await content.steps("NEWER")

    _, delivery = await content.traced(at)

    assert "|EMR|NEWER|" in delivery["outgoing"][0]["body_text"]
    assert delivery["outgoing_by"] == {"version": 2, "instead_of": None}
    assert [one["version"] for one in delivery["attempts"]] == [1]


async def test_a_version_whose_files_were_not_kept_is_replaced_and_that_is_told(
    content: Content,
) -> None:
    await content.steps("OLD")
    at = await append(content.house, hl7("A1"), codec="utf-8")
    await content.receipt(at, 1)
    await content.house.pool.execute("DELETE FROM channels.definition_file")
    await content.steps("NEWER")

    trace, delivery = await content.traced(at)

    assert "|EMR|NEWER|" in delivery["outgoing"][0]["body_text"]
    assert delivery["outgoing_by"] == {"version": 2, "instead_of": 1}
    assert trace["judged_by"] == {"version": 2, "instead_of": 1}


async def test_the_files_of_a_version_of_an_older_release_are_kept_as_long_as_they_are_the_same(
    content: Content,
) -> None:
    await content.steps("OLD")
    await content.house.pool.execute("DELETE FROM channels.definition_file")

    await Registrar(content.house.pool, content.folder, shards=1, clock=content.house.clock).look()

    kept = await content.house.pool.fetch(
        "SELECT version, name, content FROM channels.definition_file"
        " JOIN channels.shared_file USING (digest)"
    )
    assert [(row["version"], row["name"]) for row in kept] == [(1, "steps/mark.yaml")]
    assert b"OLD" in kept[0]["content"]


async def test_a_file_that_does_not_change_is_kept_once(content: Content) -> None:
    await content.steps("ONE")
    await content.steps("OTHER")
    await content.steps("ONE")

    pool = content.house.pool
    assert await pool.fetchval("SELECT count(*) FROM channels.definition_file") == 3
    digests = {row["digest"] for row in await pool.fetch("SELECT digest FROM channels.shared_file")}
    texts = [MARK.replace("{name}", name).encode() for name in ("ONE", "OTHER")]
    assert digests == {hashlib.sha256(text).digest() for text in texts}


async def test_a_receipt_names_its_version_modulo_32768(content: Content) -> None:
    await content.steps("OLD")
    at = await append(content.house, hl7("A1"), codec="utf-8")
    await content.receipt(at, 32_767)
    await content.house.pool.execute("DELETE FROM channels.definition_file")
    await content.house.pool.execute("UPDATE channels.definition SET version = 32770")
    await content.house.pool.execute("UPDATE channels.channel SET version = 32770")

    _, delivery = await content.traced(at)

    assert [one["version"] for one in delivery["attempts"]] == [32_767]


async def test_a_wrong_msh_18_is_found_again_in_the_trace(content: Content) -> None:
    await content.steps("EMR")
    at = await append(content.house, hl7("A1").decode().encode("gb18030"), codec="gb18030")

    trace, _ = await content.traced(at)

    assert "MSH-18" in {one["path"] for one in trace["findings"]}
    assert trace["body_text"] == hl7("A1").decode()


@pytest.mark.parametrize(
    ("body", "codec"),
    [
        ("乱".encode("gb18030") + b" \x81\x30\x81\x30", "gb18030"),
        ("乱，".encode(), "utf-8"),
        ("caf\xe9 \xff".encode("latin-1"), "latin-1"),
    ],
)
async def test_what_nobody_could_read_is_shown_by_a_guess(
    content: Content, body: bytes, codec: str
) -> None:
    await content.steps("EMR")
    yaml = content.folder / "channels" / "shared.yaml"
    yaml.write_text(SHARED.replace("gb18030", "utf-8"), encoding="utf-8")
    await content.registrar.look()
    at = await append(content.house, b"XXX" + body, codec="")

    trace, _ = await content.traced(at)

    assert (trace["codec"], trace["codec_guessed"]) == ("", codec)
    assert trace["body_text"] == (b"XXX" + body).decode(codec)
    assert trace["body_base64"] is None


async def test_the_first_guess_is_what_the_source_takes_for_granted(content: Content) -> None:
    await content.steps("EMR")
    at = await append(content.house, "乱码".encode("gb18030"), codec="")
    trace, _ = await content.traced(at)
    assert (trace["codec_guessed"], trace["body_text"]) == ("gb18030", "乱码")


async def test_what_is_no_text_is_not_guessed(content: Content) -> None:
    await content.steps("EMR")
    at = await append(content.house, b"\x00\x01", codec="")
    trace, _ = await content.traced(at)
    assert (trace["codec_guessed"], trace["body_text"]) == (None, None)


@pytest.mark.parametrize(("declared", "codec"), [("", "gb18030"), ("UNICODE UTF-8", "utf-8")])
async def test_what_nobody_could_read_is_repaired_in_a_codec_that_the_channel_reads(
    content: Content, declared: str, codec: str
) -> None:
    await content.steps("EMR")
    default = "ascii" if declared else "gb18030"
    yaml = content.folder / "channels" / "shared.yaml"
    yaml.write_text(SHARED.replace("gb18030", default), encoding="utf-8")
    await content.registrar.look()
    text = hl7("A1").decode().replace("UNICODE UTF-8", declared)
    at = await append(content.house, text[1:].encode("gb18030"), codec="")
    house = content.house
    await house.except_(-house.channels["shared"][0], at, "parked")

    await house.post(f"/held/{at}/release", {"reason": "已核实", "body_text": text})

    repaired = (await house.acts())[0]
    assert (repaired.body, repaired.codec) == (text.encode(codec), codec)
    assert "p:P1^H1" in repaired.keys
