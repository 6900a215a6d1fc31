"""The two threads in which all models run, and how their ONNX sessions are opened. It must not know any model."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import onnxruntime


@lru_cache(maxsize=1)
def pool() -> ThreadPoolExecutor:
    """The one executor for model work; more threads than cores only lengthen every turn."""
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix="model")


def session(path: Path) -> onnxruntime.InferenceSession:
    """Opens a model for single-threaded runs. `run` may be called from several threads at once."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # two spinning threads per run halve the throughput of two parallel runs
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # an arena never gives back what one long text made it take
    options.enable_mem_pattern = False  # patterns are kept per input length, and every text has its own
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
