"""The local model: llama.cpp inside this process, spoken to over loopback like any other endpoint."""

import os
import secrets
from pathlib import Path

from rag.errors import ModelUnavailable

HOST = "127.0.0.1"
CONTEXT_TOKENS = 4096  # a prompt of ten sentences has about 500
BATCH_TOKENS = 128  # llama.cpp sees that a request was stopped only between batches
CACHE_MIB = 256  # of earlier prompts; their common head is what is used again


class LocalServer:
    """Serves one GGUF file at `base_url` to those who know `api_key`, one request at a time, until closed."""

    def __init__(self, gguf: Path) -> None:
        """Loads the model, which takes seconds. Raises ModelUnavailable."""
        try:
            import xllamacpp
        except ImportError as error:
            raise ModelUnavailable(
                f"xllamacpp cannot be loaded ({error}): reinstall pincite, or use --mode extractive", retryable=False
            ) from error
        self.api_key = secrets.token_urlsafe(32)
        params = xllamacpp.CommonParams()
        params.model.path = str(gguf)
        params.n_ctx, params.n_parallel = CONTEXT_TOKENS, 1
        params.hostnames, params.port, params.api_keys = [HOST], 0, [self.api_key]
        params.n_batch = params.n_ubatch = BATCH_TOKENS
        params.cache_ram_mib = CACHE_MIB
        params.ui = params.endpoint_slots = params.endpoint_props = False
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads()
        params.verbosity = 0
        try:
            self._server = xllamacpp.Server(params)
        except RuntimeError as error:
            raise ModelUnavailable(
                f"{str(gguf)!r} could not be loaded as a model ({error}): run `pincite model pull`, "
                "or set PINCITE_GGUF to another file",
                retryable=False,
            ) from error
        self.base_url = f"{self._server.listening_address}/v1"

    def close(self) -> None:
        del self._server  # its destructor stops the threads and frees the model


def threads() -> int:
    """The processors this process may use: more threads than that make llama.cpp slower."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
