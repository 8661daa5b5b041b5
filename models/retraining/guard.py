"""The guard: asks and teaches models that may fail, and is the only one that catches what they raise.

What a model raises is judged by one question: is it the model's own doing? Then it is a failing answer, whatever its
class: River's Rust parts raise PanicException, and a model may call ``sys.exit``. Two things are not. A
``MemoryError``: another worker may have the memory that this one lacks, so no state may depend on it. And a
``KeyboardInterrupt`` that came from the keyboard.
"""

from __future__ import annotations

import opcode
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from models.answer import NO_ANSWER, Answer
from models.retraining.version import BadAnswerError, Version
from schemas.events import Features, Label

NO_ANSWERS: Final[Mapping[str, Answer]] = {}
"""Of versions that were not there when an event came."""


class Guard:
    """Asks and teaches versions, and counts what goes wrong.

    ``stopwatch`` is for offline runs: a function giving seconds, by which the time spent in each candidate's models is
    added up in ``seconds``. It changes nothing else.
    """

    def __init__(self, candidates: Iterable[str], stopwatch: Callable[[], float] | None = None) -> None:
        self.seconds = dict.fromkeys(candidates, 0.0)
        self.failures = 0
        """Failing answers and lessons of all versions, also of those that are gone."""
        self._stopwatch = stopwatch

    def adopt(self, candidates: Iterable[str]) -> None:
        """Also add up the time of further candidates."""
        self.seconds = {**dict.fromkeys(candidates, 0.0), **self.seconds}

    def ask(self, versions: Iterable[Version], x: Features, position: int) -> tuple[dict[str, Answer], list[Version]]:
        """Every version's answer, "nothing" where it fails; and the versions that have failed once too often."""
        answers: dict[str, Answer] = {}
        lost: list[Version] = []
        untimed = self._stopwatch is None
        for version in versions:
            try:
                answers[version.name] = version.answer(x) if untimed else self._timed(version, version.answer, x)
            except BaseException as error:
                if not is_the_models(error):
                    raise
                answers[version.name] = NO_ANSWER
                if version.learned_labels and self._count(version.conduct.failed_to_answer, error, position):
                    lost.append(version)
            else:
                conduct = version.conduct
                if conduct.unanswered:
                    conduct.unanswered -= 1
        return answers, lost

    def foresee(self, version: Version, x: Features) -> tuple[Answer, bool]:
        """What `ask` would get of one version, and whether it would have failed once too often; nothing is counted."""
        try:
            return version.foresee(x), False
        except BaseException as error:
            if not is_the_models(error):
                raise
            return NO_ANSWER, version.learned_labels > 0 and not version.conduct.bears_another

    def attempt(self, deed: Callable[[], Version]) -> Version | None:
        """Make a version in a way that runs a model's own code; ``None`` if that fails, which is counted."""
        try:
            return deed()
        except BaseException as error:
            if not is_the_models(error):
                raise
            self.failures += 1
            return None

    def teach(
        self,
        versions: Iterable[Version],
        x: Features,
        y: Label,
        position: int,
        answers: Mapping[str, Answer] = NO_ANSWERS,
    ) -> list[Version]:
        """Teach every version. One that fails may be left half-changed; those that have failed once too often.

        ``answers`` are those that the versions gave when the event came, by name.
        """
        lost: list[Version] = []
        untimed = self._stopwatch is None
        for version in versions:
            try:
                if untimed:
                    version.learn(x, y, position, answers.get(version.name))
                else:
                    self._timed(version, version.learn, x, y, position, answers.get(version.name))
            except BaseException as error:
                if not is_the_models(error):
                    raise
                if self._count(version.conduct.failed_to_learn, error, position):
                    lost.append(version)
            else:
                conduct = version.conduct
                if conduct.unlearned:
                    conduct.unlearned -= 1
        return lost

    def _count(self, failed: Callable[[str, int], bool], error: BaseException, position: int) -> bool:
        self.failures += 1
        return failed(words(error), position)

    def _timed(self, version: Version, function: Callable[..., Any], *args: Any) -> Any:
        assert self._stopwatch is not None
        begin = self._stopwatch()
        try:
            return function(*args)
        finally:
            taken = self._stopwatch() - begin
            self.seconds[version.candidate] = self.seconds.get(version.candidate, 0.0) + taken

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_stopwatch": None}


_RAISE: Final = opcode.opmap["RAISE_VARARGS"]


def is_the_models(error: BaseException) -> bool:
    """Whether an exception that left a model is a failure of that model.

    A signal's handler runs between two instructions and leaves no frame, so an interrupt from the keyboard seems to
    come from the model's own code. But that code was not at a ``raise``.
    """
    if isinstance(error, MemoryError):
        return False
    if not isinstance(error, KeyboardInterrupt):
        return True
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_code[trace.tb_lasti] == _RAISE


def words(error: BaseException) -> str:
    """What failed, as it may be published: never the error's own words, which may hold values of features."""
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, BadAnswerError) else name
