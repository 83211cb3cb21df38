"""Which mode answers, why a mode cannot, and what becomes of a model that is no model."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai_server import ScriptedServer, Text
from test_answering import FERRY, shared_folder

from rag import models, open_library
from rag.errors import ModelMissing, ModelUnavailable, ModeUnavailable
from rag.llm_protocol import Usage
from rag.models import MODES, Models
from rag.settings import DEFAULT_MODEL, Settings, read_settings

NOT_PULLED = "its model is not installed: run `pincite model pull`"
NO_KEY = "set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own"
KEY = "sk-SECRET-0123456789"


@pytest.fixture(scope="module")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that is named as a model and is none."""
    path = tmp_path_factory.mktemp("models") / "own-model.gguf"
    path.write_bytes(b"GGUF, it says")
    return path


def of(**settings: Any) -> Models:
    return Models(Settings(Path("unused"), **settings))


# -- the choice


@pytest.mark.parametrize("wanted", [None, ""])
def test_without_a_wish_and_without_a_model_the_extractive_mode_answers(wanted: str | None) -> None:
    assert of().choose(wanted) == ("extractive", False)


def test_without_a_wish_an_installed_model_answers(gguf: Path) -> None:
    assert of(gguf=gguf).choose() == ("local", False)


def test_what_is_asked_for_goes_before_the_setting_and_the_setting_before_the_default(gguf: Path) -> None:
    assert of(gguf=gguf, mode="extractive").choose() == ("extractive", True)
    assert of(gguf=gguf, mode="extractive").choose("local") == ("local", True)
    assert of(gguf=gguf, mode="local").choose("extractive") == ("extractive", True)
    assert of(api_key=KEY, mode="openai").choose() == ("openai", True)
    assert of(api_key=KEY, mode="openai").choose("") == ("openai", True)


def test_a_mode_asked_for_by_its_own_name_counts_as_asked_for(gguf: Path) -> None:
    assert of(gguf=gguf).choose("local") == ("local", True)
    assert of().choose("extractive") == ("extractive", True)


@pytest.mark.parametrize(
    "environ",
    [
        {"OPENAI_API_KEY": KEY},
        {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"},
        {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "PINCITE_MODEL": "big"},
    ],
)
def test_a_key_in_the_environment_never_chooses_openai_by_itself(environ: dict[str, str], gguf: Path) -> None:
    assert Models(read_settings(environ)).choose() == ("extractive", False)
    assert Models(read_settings({**environ, "PINCITE_GGUF": str(gguf)})).choose() == ("local", False)
    assert Models(read_settings({**environ, "PINCITE_MODE": "extractive"})).choose() == ("extractive", True)
    assert Models(read_settings(environ)).choose("openai") == ("openai", True)
    assert Models(read_settings({**environ, "PINCITE_MODE": "openai"})).choose() == ("openai", True)


@pytest.mark.parametrize("name", ["magic", "OpenAI", "gpt-4.1-mini", "local ", "extractive,local", "0"])
def test_an_unknown_mode_is_named_with_the_ones_there_are(name: str) -> None:
    why = f"there is no mode {name!r}: use extractive, local or openai"
    for chosen in (lambda: of().choose(name), lambda: of(mode=name).choose()):
        with pytest.raises(ModeUnavailable) as error:
            chosen()
        assert str(error.value) == why


@pytest.mark.parametrize(("mode", "why"), [("local", NOT_PULLED), ("openai", NO_KEY)])
def test_a_mode_asked_for_that_cannot_run_says_why(mode: str, why: str) -> None:
    for chosen in (lambda: of().choose(mode), lambda: of(mode=mode).choose()):
        with pytest.raises(ModeUnavailable) as error:
            chosen()
        assert str(error.value) == f"mode {mode!r} cannot run: {why}"


# -- reasons


def test_each_mode_has_its_reason_or_none(gguf: Path, tmp_path: Path) -> None:
    assert [of().why_not(mode) for mode in MODES] == [None, NOT_PULLED, NO_KEY]
    assert [of(gguf=gguf, api_key=KEY).why_not(mode) for mode in MODES] == [None, None, None]
    assert of(base_url="http://127.0.0.1:9/v1").why_not("openai") is None
    gone = of(gguf=tmp_path / "gone.gguf").why_not("local")
    assert gone is not None
    assert "no file is there" in gone
    assert "`pincite model pull`" in gone


def test_a_missing_model_file_is_told_only_to_who_asks_for_it(tmp_path: Path) -> None:
    found = of(gguf=tmp_path / "gone.gguf")
    assert found.choose() == ("extractive", False)
    with pytest.raises(ModeUnavailable, match=r"mode 'local' cannot run: PINCITE_GGUF is '.*gone.gguf'"):
        found.choose("local")


def test_without_its_package_the_local_mode_cannot_run(gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "find_spec", lambda name: None if name == "xllamacpp" else object())
    assert of(gguf=gguf).why_not("local") == "xllamacpp is not installed: pip install xllamacpp"
    assert of(gguf=gguf).choose() == ("extractive", False)


def test_a_library_tells_its_modes_the_default_first(gguf: Path) -> None:
    folder = shared_folder() / "library"
    with open_library(settings=Settings(folder)) as library:
        assert list(library.modes().items()) == [("extractive", None), ("local", NOT_PULLED), ("openai", NO_KEY)]
    with open_library(settings=Settings(folder, gguf=gguf, api_key=KEY)) as library:
        assert list(library.modes()) == ["local", "extractive", "openai"]
    with open_library(settings=Settings(folder, mode="openai", api_key=KEY)) as library:
        assert list(library.modes()) == ["openai", "extractive", "local"]


def test_names_are_those_of_the_models(gguf: Path) -> None:
    assert [of(gguf=gguf).name(mode) for mode in MODES] == [None, "own-model", DEFAULT_MODEL]
    assert of().name("local") is None
    assert of(model="big").name("openai") == "big"
    with open_library(settings=Settings(shared_folder() / "library", model="big")) as library:
        assert [library.model_name(mode) for mode in MODES] == [None, None, "big"]


def test_a_key_is_never_printed() -> None:
    assert KEY not in repr(Settings(Path("unused"), api_key=KEY))


# -- a file that is no model


def test_a_file_that_is_no_model_cannot_be_loaded(gguf: Path) -> None:
    found = of(gguf=gguf)
    try:
        for _ in range(2):  # a failure is tried again, not kept
            with pytest.raises(ModelUnavailable, match=r"own-model.gguf' could not be loaded") as error:
                found.llm("local")
            assert "run `pincite model pull`, or set PINCITE_GGUF to another file" in str(error.value)
            assert not error.value.retryable
            assert "\n" not in str(error.value)
    finally:
        found.close()


def test_a_file_that_went_away_cannot_be_loaded(tmp_path: Path) -> None:
    path = tmp_path / "short.gguf"
    path.write_bytes(b"GGUF")
    found = of(gguf=path)
    assert found.choose() == ("local", False)
    path.unlink()
    try:
        with pytest.raises(ModelMissing, match="no file is there"):
            found.llm("local")
    finally:
        found.close()


def test_a_library_gives_way_from_a_model_that_nobody_asked_for(gguf: Path) -> None:
    folder = shared_folder() / "library"
    with open_library(settings=Settings(folder)) as library:
        extractive = library.ask(FERRY)
    with open_library(settings=Settings(folder, gguf=gguf)) as library:
        found = library.ask(FERRY)
        assert (found.mode, found.fallback_from, found.model, found.calls) == ("extractive", "local", None, 0)
        assert found.statements == extractive.statements != ()
        assert library.ask(FERRY).fallback_from == "local"


def test_a_library_fails_with_a_model_that_was_asked_for(gguf: Path) -> None:
    folder = shared_folder() / "library"
    with open_library(settings=Settings(folder, gguf=gguf)) as library:
        with pytest.raises(ModelUnavailable, match="could not be loaded as a model"):
            library.ask(FERRY, mode="local")
        assert library.ask(FERRY, mode="extractive").fallback_from is None
    with (
        open_library(settings=Settings(folder, gguf=gguf, mode="local")) as library,
        pytest.raises(ModelUnavailable, match="could not be loaded as a model"),
    ):
        library.ask(FERRY)


def test_a_library_that_cannot_run_its_mode_still_opens_and_searches() -> None:
    with open_library(settings=Settings(shared_folder() / "library", mode="local")) as library:
        assert library.search(FERRY)
        with pytest.raises(ModeUnavailable, match="run `pincite model pull`"):
            library.ask(FERRY)


# -- loading


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer([Text("yes")]) as scripted:
        yield scripted


def test_a_model_is_loaded_once_for_all_threads(server: ScriptedServer) -> None:
    found = of(base_url=server.base_url, api_key=KEY, model="m")
    loaded: list[object] = []
    threads = [threading.Thread(target=lambda: loaded.append(found.llm("openai"))) for _ in range(8)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(loaded) == 8
        assert len(set(map(id, loaded))) == 1
        llm = found.llm("openai")
        assert (llm.model, llm.complete([], max_tokens=1, usage=Usage())) == ("m", "yes")
    finally:
        found.close()


def test_nothing_is_loaded_for_the_extractive_mode() -> None:
    found = of()
    found.prepare("extractive")
    found.close()


def test_preparing_says_nothing_of_what_will_fail(gguf: Path) -> None:
    found = of(gguf=gguf)
    found.prepare("local")
    found.close()


def test_closing_twice_is_no_error(server: ScriptedServer) -> None:
    found = of(base_url=server.base_url, model="m")
    found.llm("openai")
    found.close()
    found.close()
