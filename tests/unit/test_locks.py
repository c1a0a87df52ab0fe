"""The files with digests say what pyproject.toml wants, in the versions of constraints.txt."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
BASE, TEST, BUILD = "requirements.txt", "requirements-test.txt", "requirements-build.txt"
WANTED = {
    BASE: PROJECT["project"]["dependencies"],
    TEST: PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["test"],
    BUILD: PROJECT["build-system"]["requires"],
}
_PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==([^ ;]+)")
_DIGEST = re.compile(r"--hash=sha256:([0-9a-f]{64})(?= |$)")


def _name(text: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", text)
    assert found, text
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def _pins(file: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Return version and digests by name; every line must be one of a pin."""
    text = (ROOT / "config" / file).read_text(encoding="utf-8").replace("\\\n", "")
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            pin = _PIN.match(line)
            assert pin, line
            rest = _DIGEST.sub("", line[pin.end() :]).strip()
            assert re.fullmatch(r"(; [^/\\]+)?", rest), line  # no address, no option
            assert _name(pin[1]) not in found, line
            found[_name(pin[1])] = (pin[2], frozenset(_DIGEST.findall(line)))
    return found


CONSTRAINTS = {name: version for name, (version, _) in _pins("constraints.txt").items()}


@pytest.mark.parametrize("file", WANTED)
def test_everything_is_pinned_with_digests_in_the_tested_version(file: str) -> None:
    pins = _pins(file)
    assert {_name(one) for one in WANTED[file]} <= pins.keys()
    assert [name for name, (_, digests) in pins.items() if not digests] == []
    known = pins.keys() & CONSTRAINTS.keys()
    assert {name: pins[name][0] for name in known} == {name: CONSTRAINTS[name] for name in known}
    assert len(known) >= len(pins) - 3  # what only Windows or the build has


def test_what_is_tested_is_what_runs() -> None:
    assert _pins(BASE).items() <= _pins(TEST).items()
