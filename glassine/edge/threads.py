"""The two threads in which all models run, and how their ONNX sessions are opened. It must not know any model."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import onnxruntime


class Pool(ThreadPoolExecutor):
    """Two threads that can say whether anything runs or waits in them."""

    def __init__(self) -> None:
        super().__init__(max_workers=2, thread_name_prefix="model")
        self._under_way: set[Future[Any]] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        job = super().submit(fn, *args, **kwargs)
        self._under_way.add(job)
        job.add_done_callback(self._under_way.discard)
        return job

    @property
    def idle(self) -> bool:
        return not self._under_way


@lru_cache(maxsize=1)
def pool() -> Pool:
    """The one executor for model work; more threads than cores only lengthen every turn."""
    return Pool()


def session(path: Path) -> onnxruntime.InferenceSession:
    """Opens a model for single-threaded runs. `run` may be called from several threads at once."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # two spinning threads per run halve the throughput of two parallel runs
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # an arena never gives back what one long text made it take
    options.enable_mem_pattern = False  # patterns are kept per input length, and every text has its own
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
