"""What counting with Spark needs is looked for when a process starts, and is on the loopback."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from lianyi.applications.indicators.failures import NoJava, NoSpark
from lianyi.applications.indicators.installed import must_be_there
from lianyi.applications.indicators.settings import IndicatorSettings
from lianyi.applications.indicators.spark import configuration


def test_without_the_package_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(NoSpark, match=r"requirements/spark\.lock"):
        must_be_there()


@pytest.mark.parametrize("home", ["", "nothing-here"])
def test_without_a_java_it_is_said_what_to_install(
    home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyspark", reason="make test installs it, and a Java")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("JAVA_HOME", home and str(tmp_path / home))
    with pytest.raises(NoJava, match="default-jre-headless"):
        must_be_there()


def test_a_spark_of_this_machine_listens_on_the_loopback_and_serves_no_screen(
    tmp_path: Path,
) -> None:
    said = configuration(IndicatorSettings(engine="spark", threads=3, memory_mb=700), tmp_path)
    assert said["spark.master"] == "local[3]"
    assert {said["spark.driver.host"], said["spark.driver.bindAddress"]} == {"127.0.0.1"}
    assert (said["spark.ui.enabled"], said["spark.driver.memory"]) == ("false", "700m")


def test_a_spark_elsewhere_may_reach_the_driver(tmp_path: Path) -> None:
    settings = IndicatorSettings(engine="spark", spark_master="spark://analytics:7077")
    said = configuration(settings, tmp_path)
    assert said["spark.master"] == "spark://analytics:7077"
    assert "spark.driver.bindAddress" not in said


@pytest.mark.parametrize("wrong", [{"spark_master": "http://here"}, {"memory_mb": 256}])
def test_settings_that_no_spark_starts_with_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        IndicatorSettings.model_validate({"engine": "spark", **wrong})
