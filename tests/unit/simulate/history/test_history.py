"""What the tables of a history say fits together."""

from __future__ import annotations

import math

import pytest

from lianyi.simulate.history.tables import declared

from .made import Made

FAULTLESS = "NOT EXISTS (FROM planted AS p WHERE p.key = ZYXH)"
AGAIN = "(SELECT key FROM planted WHERE fault = 'duplicate_row')"


def test_every_table_has_rows_the_declared_columns_and_a_key(small: Made) -> None:
    for table in declared().tables.values():
        said = [row[0] for row in small.ask(f"DESCRIBE {table.name}")]
        assert said[: len(table.columns)] == [one.name for one in table.columns]
        rows, keys = small.ask(
            f"SELECT count(*), count(DISTINCT ({', '.join(table.key)})) FROM {table.name}"
        )[0]
        assert 0 < rows == keys, table.name


def test_a_code_is_one_of_those_declared_but_for_what_is_planted(small: Made) -> None:
    strangers = {}
    for table in declared().tables.values():
        for column, values in table.codes.items():
            found = small.ask(f"SELECT DISTINCT {column} FROM {table.name}")
            others = {one for (one,) in found if one is not None} - set(values)
            if others:
                strangers[f"{table.name}.{column}"] = others
    assert strangers == {"MZ_GHXX.FBDM": {"77"}}


@pytest.mark.parametrize(
    ("table", "column", "other", "key"),
    [
        ("MZ_GHXX", "BRID", "BR_JBXX", "BRID"),
        ("ZY_BRXX", "BRID", "BR_JBXX", "BRID"),
        ("CF_CFMX", "BRID", "BR_JBXX", "BRID"),
        ("CF_CFMX", "YPBM", "YP_ZD", "YPBM"),
        ("MZ_SFMX", "JZXH", "MZ_GHXX", "GHXH"),
        ("ZY_FYMX", "JZXH", "ZY_BRXX", "ZYXH"),
        ("BA_SYXX", "ZYXH", "ZY_BRXX", "ZYXH"),
        ("SS_SSXX", "ZYXH", "ZY_BRXX", "ZYXH"),
        ("ZY_ZKXX", "ZYXH", "ZY_BRXX", "ZYXH"),
        ("YJ_WJZ", "BGXH", "YJ_BGXX", "BGXH"),
        ("MZ_GHXX", "JZYS", "RY_ZD", "GH"),
        ("ZY_BRXX", "ZGYS", "RY_ZD", "GH"),
        ("ZY_FYMX", "KDYS", "RY_ZD", "GH"),
        ("YJ_BGXX", "BGYS", "RY_ZD", "GH"),
        ("SS_SSXX", "SSYS", "RY_ZD", "GH"),
        ("SS_SSXX", "MZYS", "RY_ZD", "GH"),
        ("RY_YB", "GH", "RY_ZD", "GH"),
        ("MZ_GHXX", "GHKS", "KS_ZD", "KSDM"),
        ("ZY_BRXX", "CYKS", "KS_ZD", "KSDM"),
        ("ZY_FYMX", "ZXKS", "KS_ZD", "KSDM"),
        ("BQ_RBXX", "BQDM", "BQ_ZD", "BQDM"),
    ],
)
def test_what_is_named_is_there(small: Made, table: str, column: str, other: str, key: str) -> None:
    lost = f"""SELECT count(*) FROM {table} AS t WHERE {column} IS NOT NULL
        AND NOT EXISTS (FROM {other} AS o WHERE o.{key} = t.{column})"""
    assert small.one(lost) == 0


def test_every_charge_names_an_item_of_one_of_the_dictionaries(small: Made) -> None:
    lost = """SELECT count(*)
        FROM (SELECT XMBM FROM MZ_SFMX UNION ALL SELECT XMBM FROM ZY_FYMX) AS c
        WHERE XMBM NOT IN (SELECT YPBM FROM YP_ZD UNION ALL SELECT XMBM FROM SF_XMZD)"""
    assert small.one(lost) == 0


@pytest.mark.parametrize(
    ("lines", "encounters", "key"), [("MZ_SFMX", "MZ_GHXX", "GHXH"), ("ZY_FYMX", "BA_SYXX", "ZYXH")]
)
def test_charges_add_up_to_what_the_encounter_says(
    small: Made, lines: str, encounters: str, key: str
) -> None:
    sums = f"""SELECT count(*), count(*) FILTER (
            s.JE <> e.ZJE OR s.YP <> e.YPJE OR s.HC <> e.HCJE OR s.YB <> e.YBJE)
        FROM (SELECT JZXH, sum(JE) AS JE, coalesce(sum(JE) FILTER (FYLB <= '03'), 0) AS YP,
                coalesce(sum(JE) FILTER (FYLB = '04'), 0) AS HC, sum(YBJE) AS YB
              FROM {lines} WHERE SFXH NOT IN {AGAIN} GROUP BY JZXH) AS s
        JOIN {encounters} AS e ON e.{key} = s.JZXH"""
    encounters_seen, wrong = small.ask(sums)[0]
    assert encounters_seen > 1000
    assert wrong == 0


def test_drugs_given_are_the_drugs_charged(small: Made) -> None:
    charged = f"""SELECT sum(JE)
        FROM (SELECT * FROM MZ_SFMX UNION ALL SELECT * FROM ZY_FYMX)
        WHERE FYLB <= '03' AND SFXH NOT IN {AGAIN}"""
    assert small.one("SELECT sum(JE) FROM CF_CFMX") == small.one(charged)


def test_beds_are_occupied_by_those_who_stay(small: Made) -> None:
    different = """
        WITH stay AS (  -- of a stay that ends before it begins, the front page knows the days
            SELECT RYSJ::DATE AS came, CASE WHEN CYSJ < RYSJ THEN RYSJ::DATE + ZYTS::INTEGER
                ELSE coalesce(CYSJ::DATE, DATE '2099-01-01') END AS went
            FROM ZY_BRXX LEFT JOIN BA_SYXX USING (ZYXH) WHERE JZLX = '5'),
        said AS (SELECT TJRQ, sum(ZYCW) AS lying FROM BQ_RBXX GROUP BY TJRQ),
        counted AS (SELECT TJRQ, count(*) AS lying FROM said JOIN stay
            ON came <= TJRQ AND went > TJRQ GROUP BY TJRQ)
        SELECT count(*) FROM said LEFT JOIN counted USING (TJRQ)
        WHERE said.lying IS DISTINCT FROM coalesce(counted.lying, 0)"""
    assert small.one(different) == 0


def test_nobody_lies_in_two_beds_or_comes_after_death(small: Made) -> None:
    two = f"""SELECT count(*) FROM (
            SELECT RYSJ, lag(coalesce(CYSJ, TIMESTAMP '2099-01-01')) OVER (
                PARTITION BY BRID ORDER BY RYSJ) AS before
            FROM ZY_BRXX WHERE {FAULTLESS}) WHERE before > RYSJ"""
    after = """WITH dead AS (
            SELECT BRID, CYSJ AS at FROM ZY_BRXX JOIN BA_SYXX USING (ZYXH)
            WHERE LKFS = '5' AND CYSJ > RYSJ
            UNION ALL SELECT BRID, LKSJ FROM MZ_GHXX WHERE LKFS = '5')
        SELECT count(*), count(m.GHXH), count(z.ZYXH) FROM dead
        LEFT JOIN MZ_GHXX AS m ON m.BRID = dead.BRID AND m.GHSJ > dead.at
        LEFT JOIN ZY_BRXX AS z ON z.BRID = dead.BRID AND z.RYSJ > dead.at"""
    assert small.one(two) == 0
    dead, visits, stays = small.ask(after)[0]
    assert dead > 0
    assert (visits, stays) == (0, 0)


def test_things_happen_in_their_order(small: Made) -> None:
    wrong = {
        "seen before registered": """SELECT count(*) FROM MZ_GHXX
            WHERE BDSJ < GHSJ OR JZSJ < BDSJ OR LKSJ < JZSJ""",
        "done before ordered": "SELECT count(*) FROM YZ_YZXX WHERE ZXSJ < KDSJ",
        "reported before received": "SELECT count(*) FROM YJ_BGXX WHERE JSSJ < SQSJ OR BGSJ < JSSJ",
        "answered before told": """SELECT count(*) FROM YJ_WJZ JOIN YJ_BGXX USING (BGXH)
            WHERE TBSJ < BGSJ OR CZSJ < TBSJ OR BGSJ IS NULL""",
        "operated outside the stay": f"""SELECT count(*) FROM SS_SSXX JOIN ZY_BRXX USING (ZYXH)
            WHERE (KSSJ < RYSJ OR JSSJ > CYSJ OR JSSJ < KSSJ) AND {FAULTLESS}""",
        "moved outside the stay": f"""SELECT count(*) FROM ZY_ZKXX JOIN ZY_BRXX USING (ZYXH)
            WHERE (ZKSJ < RYSJ OR ZKSJ > CYSJ) AND {FAULTLESS}""",
        "born after admission": """SELECT count(*) FROM ZY_BRXX JOIN BR_JBXX USING (BRID)
            WHERE CSRQ > RYSJ""",
        "a man in childbed": """SELECT count(*) FROM ZY_BRXX JOIN BR_JBXX USING (BRID)
            WHERE RYKS = '0302' AND XB = '1'""",
    }
    assert {name: small.one(question) for name, question in wrong.items()} == dict.fromkeys(
        wrong, 0
    )


SHOWS = {
    "missing_department": "SELECT ZYXH FROM ZY_BRXX WHERE ZYZT = '2' AND CYKS IS NULL",
    "negative_stay": "SELECT ZYXH FROM ZY_BRXX WHERE CYSJ < RYSJ",
    "unmapped_code": "SELECT GHXH FROM MZ_GHXX WHERE FBDM = '77'",
    "charge_after_discharge": """SELECT SFXH FROM ZY_FYMX JOIN ZY_BRXX ON ZYXH = JZXH
        WHERE SFSJ > CYSJ + INTERVAL 1 DAY AND CYSJ > RYSJ""",
    "duplicate_row": """SELECT SFXH FROM MZ_SFMX QUALIFY row_number() OVER (
        PARTITION BY JZXH, XMBM, SFSJ, SL ORDER BY SFXH) > 1""",
}


@pytest.mark.parametrize("fault", SHOWS)
def test_what_is_planted_shows_and_nothing_else_does(small: Made, fault: str) -> None:
    # a charge after a stay that ends before it begins is not seen as one: one fault hides another
    hidden = """AND NOT EXISTS (FROM planted AS n WHERE n.fault = 'negative_stay'
        AND p.key LIKE n.key || '-%')"""
    planted = small.ask(f"SELECT key FROM planted AS p WHERE fault = '{fault}' {hidden}")
    assert sorted(small.ask(SHOWS[fault])) == sorted(planted)


@pytest.mark.parametrize("fault", SHOWS)
def test_faults_are_planted_at_their_rate(small: Made, fault: str) -> None:
    said = declared().faults[fault]
    rows = small.one(f"SELECT count(*) FROM {said.table}")
    found = small.one(f"SELECT count(*) FROM planted WHERE fault = '{fault}'")
    expected = rows * said.per_million / 1_000_000
    assert abs(found - expected) <= 5 * math.sqrt(expected) + 1
