"""Profiles: what is in force and from where, and one clear line for whatever is wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fuzzeq.campaign.campaign import own_regressions
from fuzzeq.campaign.config import PROFILES, load_profile, profile_names
from fuzzeq.campaign.gates import GateLimits
from fuzzeq.campaign.keys import KEYS, available_cores
from fuzzeq.engines.unit import ENGINES
from fuzzeq.errors import UsageError
from fuzzeq.registry import trusted_targets
from tests.cli_runs import check_usage_error, fuzzeq

pytestmark = pytest.mark.usefixtures("own_folder")


def write(pyproject: str = "", own: str = "") -> None:
    """Writes the project's files, in the test's folder."""
    if pyproject:
        Path("pyproject.toml").write_text(pyproject)
    if own:
        Path("fuzzeq.toml").write_text(own)


@pytest.mark.parametrize("name", PROFILES)
def test_what_is_built_in_makes_sense(name: str) -> None:
    profile = load_profile(name)
    for key in KEYS:
        profile.read(key)
    settings = profile.settings(5)
    assert settings.seed == 5
    assert {engine for engine, _ in settings.mix} <= set(ENGINES)
    assert settings.jobs == available_cores()
    assert profile.gates().new_findings == 0


def test_the_night_has_a_million_edits_mixed_with_canaries_and_a_seed_of_its_own() -> None:
    profile = load_profile("nightly")
    settings = profile.settings(1)
    assert settings.edits == 1_000_000
    assert {engine for engine, _ in settings.mix} == set(ENGINES)
    assert settings.canaries
    regressions = own_regressions(settings.target)
    assert regressions is not None
    assert list(regressions.iterdir())
    assert profile.read("seed") != profile.read("seed")


def test_what_is_said_later_wins_and_says_where_it_was() -> None:
    write(
        """
        [tool.fuzzeq]
        edits = 1
        jobs = 1
        hang = "11s"
        canaries = 1
        [tool.fuzzeq.profiles.nightly]
        jobs = 2
        hang = "12s"
        canaries = 2
        """,
        """
        hang = "13s"
        canaries = 3
        [profiles.nightly]
        canaries = 4
        """,
    )
    profile = load_profile("nightly", {"seed": 9})
    origins = {
        key: (profile.values[key].written, profile.values[key].origin)
        for key in ("crashes", "mix", "edits", "jobs", "hang", "canaries", "seed")
    }
    assert origins == {
        "crashes": ("crashes", "built in"),
        "mix": (PROFILES["nightly"]["mix"], "built in for nightly"),
        "edits": (1, "[tool.fuzzeq] of pyproject.toml"),
        "jobs": (2, "[tool.fuzzeq.profiles.nightly] of pyproject.toml"),
        "hang": ("13s", "fuzzeq.toml"),
        "canaries": (4, "[profiles.nightly] of fuzzeq.toml"),
        "seed": (9, "the command line"),
    }
    assert load_profile("dev").values["canaries"].written == 3


def test_our_own_night_has_floors_of_reuse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[1])
    profile = load_profile("nightly")
    floors = dict(profile.gates().reuse)
    assert floors["stream"] > 0.5
    assert floors["typing"] > 0.5
    assert profile.settings(0).driver_edits


def test_a_profile_of_ones_own() -> None:
    write(own='[profiles.mine]\ntarget = "words:Words"\nedits = 10\ngates.new_findings = 3\n')
    assert profile_names() == [*PROFILES, "mine"]
    profile = load_profile("mine")
    assert profile.settings(0).target == "words:Words"
    assert profile.gates() == GateLimits(new_findings=3, leak_mb_per_hour=200)
    assert profile.folder == Path(".fuzzeq/mine")


def test_both_files_may_name_trusted_targets() -> None:
    write('[tool.fuzzeq.targets]\na = "a:A"\nb = "b:B"\n', '[targets]\nb = "c:C"\n')
    assert trusted_targets() == {"a": "a:A", "b": "c:C"}


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ("edit = 5", ["fuzzeq.toml: no key 'edit'", "did you mean 'edits'?", "canaries"]),
        ("zzzz = 5", ["no key 'zzzz'", "fuzzeq config"]),
        ("gates.nothing = 1", ["no key 'gates.nothing'"]),
        ("gates = 1", ["no key 'gates'"]),
        ("edits = 0", ["fuzzeq.toml: edits is a whole number from 1 to", '"none"; not 0']),
        ('edits = "many"', ["edits is a whole number", "not 'many'"]),
        ("edits = true", ["edits is a whole number"]),
        ('edits = "none"', ["a campaign needs edits or time"]),
        ('time = "soon"', ["time is a time such as 90s", "not 'soon'"]),
        ("time = -3", ["time is a time such as"]),
        ("hang = 0", ["hang is a time such as"]),
        ('hang = "1.9s"', ["hang is a time of 2s or more; not '1.9s'"]),
        ("jobs = 0", ["jobs is a whole number from 1 to 1,024", '"cores"']),
        ("target = 3", ["target is a text; not 3"]),
        ("mix = {steam = 1}", ["mix is a table of stream, exhaustive, property", "not steam = 1"]),
        ("mix = {stream = 0}", ["mix is a table", "numbers over 0"]),
        ("mix = {stream = nan}", ["mix is a table"]),
        ("mix = {}", ["one engine at least"]),
        ("mix = 3", ["mix is a table"]),
        ("gates.reuse = {stream = 2}", ["gates.reuse is a table", "up to 1"]),
        ("gates.leak_mb_per_hour = -1", ["gates.leak_mb_per_hour is a number, 0 or more"]),
        ("seed = 1.5", ["seed is a whole number, a commit hash in quotes"]),
        ('seed = "pear"', ["seed is a whole number"]),
        ("profiles = 3", ["[profiles] of fuzzeq.toml wants a table for each profile"]),
        ("profiles.dev = 3", ["wants a table for each profile"]),
        ("profiles.resume = {}", ["'resume' cannot be a profile's name"]),
        ('profiles."../x" = {}', ["'../x' cannot be a profile's name"]),
        ("profiles.dev.edit = 3", ["[profiles.dev] of fuzzeq.toml: no key 'edit'"]),
        ("profiles.dev.edits = -3", ["[profiles.dev] of fuzzeq.toml: edits is a whole number"]),
        ("accepted = 3", ["[accepted] of fuzzeq.toml wants a list of tables"]),
        ('accepted = [{fingerprint = "0123456789abcdef", reason = "x"}]', ["a day until when"]),
        (
            'accepted = [{fingerprint = "xyz", reason = "x", until = 2027-01-01}]',
            ["16 hex digits"],
        ),
        (
            'accepted = [{fingerprint = "0123456789abcdef", reason = " ", until = 2027-01-01}]',
            ["a reason"],
        ),
        ("edits = ", ["fuzzeq.toml cannot be read"]),
    ],
)
def test_what_is_wrong_is_told_in_one_line_with_its_place(own: str, words: list[str]) -> None:
    write(own=own)
    check_usage_error(["config", "dev"], *words)
    check_usage_error(["campaign", "dev"], *words)
    assert not Path(".fuzzeq").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["campaign", "night"], ["no profile 'night'; there are dev, ci, nightly, release"]),
        (["config", "night"], ["no profile 'night'"]),
        (["campaign", "dev", "--edits", "0"], ["the command line: edits is a whole number"]),
        (["campaign", "dev", "--set", "edits"], ["--set wants KEY=VALUE"]),
        (["campaign", "dev", "--set", "gates.edits=1"], ["the command line: no key 'gates.edits'"]),
        (["campaign", "dev", "--jobs", "many"], ["the command line: jobs is"]),
        (["campaign", "dev", "--target", "nope"], ["no target 'nope'"]),
        (["campaign", "dev", "nightly"], ["one campaign at a time"]),
        (["campaign", "resume"], ["nothing to resume in .fuzzeq"]),
        (["campaign", "resume", "dev"], ["no campaign 'dev' in .fuzzeq"]),
    ],
)
def test_what_is_wrong_on_the_command_line_is_told(arguments: list[str], words: list[str]) -> None:
    check_usage_error(arguments, *words)


@pytest.mark.parametrize(
    ("option", "value", "meant"),
    [
        ("--seed", "1234e5", 0x1234E5),  # a commit hash, and not a number with an exponent
        ("--seed", "12", 12),
        ("--edits", "7", 7),
        ("--jobs", "3", 3),
        ("--time", "90", 90.0),
        ("--set", 'hang="5m"', 300.0),
        ("--set", "hang=5m", 300.0),
        ("--set", "mix={property=1}", (("property", 1.0),)),
        ("--set", "gates.new_findings=none", None),
    ],
)
def test_the_command_line_has_the_last_word(option: str, value: str, meant: Any) -> None:
    from fuzzeq.cli.campaign import overrides_of

    write(own='seed = 1\njobs = 1\ntime = "1s"\nhang = "2s"\n')
    if option == "--set":
        overrides = overrides_of({}, (value,))
    else:
        overrides = overrides_of({option[2:]: value}, ())
    (key,) = overrides
    assert load_profile("dev", overrides).read(key) == meant


def test_config_shows_every_key_with_its_value_and_its_place() -> None:
    write(own='[profiles.ci]\nedits = 123\n[[accepted]]\nfingerprint = "0123456789abcdef"\n'
              'reason = "upstream knows"\nuntil = 2027-01-31\n')  # fmt: skip
    ended = fuzzeq("config", "ci", "--jobs", "3")
    assert ended.status == 0
    lines = {line.split()[0]: line for line in ended.out.splitlines()}
    assert set(KEYS) <= set(lines)
    assert " 123 " in lines["edits"]
    assert "[profiles.ci] of fuzzeq.toml" in lines["edits"]
    assert "the command line" in lines["jobs"]
    assert "built in for ci" in lines["mix"]
    assert "accepted until 2027-01-31: 0123456789abcdef: upstream knows" in ended.out


def test_config_without_a_name_says_which_profiles_there_are() -> None:
    assert "profiles: dev, ci, nightly, release" in fuzzeq("config").out


def test_an_acceptance_holds_until_its_day() -> None:
    write(own='[[accepted]]\nfingerprint = "0123456789abcdef"\nreason = "x"\nuntil = 2027-01-31\n')
    (acceptance,) = load_profile("dev").accepted
    assert acceptance.holds(date(2027, 1, 31))
    assert not acceptance.holds(date(2027, 2, 1))


def test_a_profile_that_is_not_there_is_an_error() -> None:
    with pytest.raises(UsageError, match="no profile"):
        load_profile("nope")
