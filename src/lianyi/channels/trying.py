"""A definition comes into force only when its own examples hold.

They are tried once for each digest, beside the work of the process: a function that takes its time
must hold up neither the other channels nor the leases.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from lianyi.base.errors import LianyiError
from lianyi.channels.compiled import CompiledChannel
from lianyi.channels.examples import ExampleResult, run_examples
from lianyi.channels.functions import FunctionHost
from lianyi.channels.problems import BadChannel, ExamplesFail, FailedExample


class Trials:
    """Tries the examples of definitions, and remembers by digest what came of it."""

    def __init__(self) -> None:
        self._tried: dict[bytes, asyncio.Task[LianyiError | None]] = {}
        self._functions = FunctionHost()
        self.when_tried: Callable[[], None] = lambda: None
        """Called when a trial has ended."""

    def begin(self, compiled: CompiledChannel, text: str, name: str) -> None:
        """Begin to try a definition, unless that is done or under way.

        Args:
            compiled: the definition.
            text: its file, for the places of examples.
            name: of the file.
        """
        if compiled.digest not in self._tried:
            trial = asyncio.create_task(self._try(compiled, text, name), name=name)
            trial.add_done_callback(lambda _: self.when_tried())
            self._tried[compiled.digest] = trial

    async def wait(self, *, seconds: float) -> None:
        """Wait a while for the trials under way."""
        under_way = [trial for trial in self._tried.values() if not trial.done()]
        if under_way:
            await asyncio.wait(under_way, timeout=seconds)

    def done(self, digest: bytes) -> bool:
        """Whether a definition has been tried."""
        return self._tried[digest].done()

    def failure(self, digest: bytes) -> LianyiError | None:
        """Return why a tried definition must not come into force; None when it may.

        What another try may change, such as a machine without memory for a function, is forgotten.
        """
        trial = self._tried[digest]
        unforeseen = trial.exception()
        if unforeseen is not None:  # it must not end the process, or no channel would run
            why = type(unforeseen).__name__
            return BadChannel(where=trial.get_name(), why=why, why_zh=why)
        failure = trial.result()
        if failure is not None and failure.category.retry:
            del self._tried[digest]
        return failure

    async def forget(self, *, but: Collection[bytes]) -> None:
        """Forget the definitions that no file holds any more; end what is no longer needed."""
        for digest in self._tried.keys() - set(but):
            self._tried.pop(digest).cancel()
        if all(trial.done() for trial in self._tried.values()):
            await self._functions.close()

    async def close(self) -> None:
        """End all trials and the processes in which functions ran."""
        trials = list(self._tried.values())
        await self.forget(but=())
        await asyncio.gather(*trials, return_exceptions=True)
        await self._functions.close()

    async def _try(self, compiled: CompiledChannel, text: str, name: str) -> LianyiError | None:
        return failure_of(await run_examples(compiled, text, name, self._functions))


def failure_of(results: Collection[ExampleResult]) -> LianyiError | None:
    """Return one failure that says which examples do not hold; None when all do."""
    failed = [result for result in results if not result.ok]
    if not failed:
        return None
    found = [problem for result in failed for problem in result.problems]
    passing = next((problem for problem in found if problem.category.retry), None)
    if passing is not None:
        return passing
    first = failed[0]
    causes = [problem for problem in first.problems if not isinstance(problem, FailedExample)]
    cause = (causes or first.problems)[0]
    told, told_zh = cause.told("en"), cause.told("zh")
    return ExamplesFail(
        where=first.where,
        example=first.name,
        failed=len(failed),
        total=len(results),
        why=f"{told.what}: {told.why}",
        why_zh=f"{told_zh.what}：{told_zh.why}",
    )
