"""Which modes can run here, and the language model of each, started when it is first needed."""

from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import file_digest
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from rag.errors import ModelMissing, ModeUnavailable
from rag.llm_protocol import DEFAULT_URL, without_credentials
from rag.model_files import installed_model
from rag.settings import Settings
from rag.types import Mode

if TYPE_CHECKING:
    from rag.llm import Llm
    from rag.local_server import LocalServer

MODES: tuple[Mode, ...] = ("extractive", "local", "openai")


class Models:
    """Safe to share between threads; `close` ends the local server and the connections."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._loader = ThreadPoolExecutor(1, "model-loader")
        self._llms: dict[Mode, Future[Llm]] = {}
        self._server: LocalServer | None = None

    def choose(self, wanted: str | None = None) -> tuple[Mode, bool]:
        """The mode to answer in, and whether somebody asked for it: `wanted`, else the setting, else local when its
        model is installed, else extractive. Raises ModeUnavailable when what was asked for cannot run."""
        asked = wanted or self._settings.mode
        if asked is None:
            return ("local" if self.why_not("local") is None else "extractive"), False
        mode = next((mode for mode in MODES if mode == asked), None)
        if mode is None:
            raise ModeUnavailable(f"there is no mode {asked!r}: use extractive, local or openai")
        if why := self.why_not(mode):
            raise ModeUnavailable(f"mode {asked!r} cannot run: {why}")
        return mode, True

    def why_not(self, mode: Mode) -> str | None:
        """Why `mode` cannot run here and what to do about it; None when it can."""
        if mode == "local":
            return self._why_not_local()
        if mode == "openai" and not (self._settings.api_key or self._settings.base_url):
            return "set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own"
        return None

    def name(self, mode: Mode) -> str | None:
        """The model's name in `mode`."""
        if mode == "local":
            gguf = self._gguf()
            return gguf.stem if gguf else None
        return self._settings.model if mode == "openai" else None

    def identity(self, mode: Mode) -> str | None:
        """The name of the model in `mode` with what tells it from another of that name: the sha256 of its file, or its
        address without credentials. Reads the file: seconds."""
        if mode == "openai":
            return f"{self._settings.model} at {without_credentials(self._settings.base_url or DEFAULT_URL)}"
        gguf = self._gguf() if mode == "local" else None
        if gguf is None:
            return None
        with gguf.open("rb") as file:
            return f"{gguf.stem} sha256:{file_digest(file, 'sha256').hexdigest()}"

    def prepare(self, mode: Mode) -> None:
        """Starts loading the model of `mode`, without waiting for it."""
        if mode != "extractive":
            with self._lock:
                if mode not in self._llms or self._failed(mode):
                    self._llms[mode] = self._loader.submit(self._load, mode)

    def llm(self, mode: Mode) -> "Llm":
        """The model of `mode`, loaded. Raises ModelUnavailable."""
        self.prepare(mode)
        return self._llms[mode].result()

    def close(self) -> None:
        with self._lock:
            loading, self._llms = dict(self._llms), {}
        self._loader.shutdown(cancel_futures=True)
        for future in loading.values():
            if not future.cancelled() and not future.exception():
                future.result().close()
        if self._server:
            self._server.close()
            self._server = None

    def _failed(self, mode: Mode) -> bool:
        future = self._llms[mode]
        return future.done() and (future.cancelled() or future.exception() is not None)

    def _load(self, mode: Mode) -> "Llm":
        from rag.llm import Llm  # the openai client takes half a second to import

        name = self.name(mode) or ""
        if mode == "openai":
            return Llm(name, self._settings.base_url, self._settings.api_key, time_limit_s=self._settings.time_limit_s)
        from rag.local_server import LocalServer

        gguf = self._gguf()
        if gguf is None:
            raise ModelMissing(f"mode 'local' cannot run: {self._why_not_local()}")
        self._server = LocalServer(gguf)
        limit_s = self._settings.time_limit_s
        return Llm(name, self._server.base_url, self._server.api_key, time_limit_s=limit_s)

    def _gguf(self) -> Path | None:
        return installed_model(self._settings.gguf)

    def _why_not_local(self) -> str | None:
        if find_spec("xllamacpp") is None:
            return "xllamacpp is not installed: pip install xllamacpp"
        try:
            return None if self._gguf() else "its model is not installed: run `pincite model pull`"
        except ModelMissing as error:
            return str(error)
