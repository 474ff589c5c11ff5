"""Which index the search by meaning should have: ``python -m eval.bench.search_index``.

    python -m eval.bench.search_index [--notes 1000000] [--queries 200] [--only flat "IVF, SQ8"]

The vectors are realistic, not real: a few thousand notes of the sets are embedded as the search
embeds them, and each further vector mixes two of them that are alike and adds noise, so that there
are neighbourhoods as a floor's notes have them.  Queries are embedded notes of the sets, others,
asked one at a time.  Each index is built in a process of its own, so that its memory is its own.

Told are recall@10 against the exact ten, milliseconds of a query, the process's memory over that
of an empty one, seconds of building anew, and milliseconds of adding a batch of 128 notes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.bench.imports import texts
from eval.bench.measuring import memory_mb, percentile, run_apart
from eval.bench.tables import Table

Vectors = NDArray[np.float32]
_SIZE = 384
_K = 10
_BATCH = 128
_ADDED = 10
_AT_ONCE = 50_000
_ALIKE = 16
"""Neighbours of which one is mixed in."""
_NOISE = 0.35
"""Length of the noise against a unit vector."""


def seed_vectors(number: int, file: Path | None) -> Vectors:
    """Embeddings of the training set's notes, as the search makes them; kept in a file."""
    if file is not None and file.is_file() and len(kept := np.load(file)) >= number:
        first: Vectors = kept[:number]
        return first
    from auditor.classify.encoder import Encoder

    found = Encoder().text_vectors(texts()[:number])
    if file is not None:
        np.save(file, found)
    return found


def multiply(seeds: Vectors, number: int, *, seed: int = 0) -> Vectors:
    """Unit vectors, 16-bit as they are stored: mixes of like seeds with noise.

    Args:
        seeds: unit vectors.
        number: how many to make.
        seed: another one makes others.
    """
    chance = np.random.default_rng(seed)
    alike = np.argsort(-(seeds @ seeds.T), axis=1)[:, : min(_ALIKE, len(seeds))]
    out = np.empty((number, seeds.shape[1]), np.float16)
    for at in range(0, number, _AT_ONCE):
        n = min(_AT_ONCE, number - at)
        one = chance.integers(len(seeds), size=n)
        other = alike[one, chance.integers(alike.shape[1], size=n)]
        share = chance.random((n, 1), dtype=np.float32)
        noise = chance.standard_normal((n, seeds.shape[1]), dtype=np.float32)
        noise *= _NOISE / np.sqrt(seeds.shape[1])
        out[at : at + n] = unit(share * seeds[one] + (1 - share) * seeds[other] + noise)
    return out  # type: ignore[return-value]  # half the memory of what it stands for


def unit(rows: Vectors) -> Vectors:
    """Rows of length 1."""
    scaled: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return scaled


def _flat(_: Vectors) -> Any:
    import faiss

    return faiss.IndexFlatIP(_SIZE)


def _product(kind: str) -> Callable[[Vectors], Any]:
    def make(sample: Vectors) -> Any:
        import faiss

        index = faiss.index_factory(_SIZE, kind, faiss.METRIC_INNER_PRODUCT)
        if not index.is_trained:
            index.train(sample)
        if "HNSW" in kind:
            graph: Any = faiss.downcast_index(index)
            graph.hnsw.efConstruction, graph.hnsw.efSearch = 80, 128
        return index

    return make


def _ivf(code: str) -> Callable[[Vectors], Any]:
    def make(sample: Vectors) -> Any:
        lists = max(16, min(4_096, len(sample) // 39))
        index = _product(f"IVF{lists},{code}")(sample)
        index.nprobe = max(8, lists // 32)
        return index

    return make


INDEXES: dict[str, Callable[[Vectors], Any]] = {
    "flat": _flat,
    "flat, 16-bit": _product("SQfp16"),
    "flat, SQ8": _product("SQ8"),
    "IVF, flat": _ivf("Flat"),
    "IVF, SQ8": _ivf("SQ8"),
    "IVF, PQ48": _ivf("PQ48"),
    "HNSW32": _product("HNSW32,Flat"),
    "HNSW32, SQ8": _product("HNSW32_SQ8"),
}


def measure_one(name: str, folder: Path, threads: int) -> dict[str, float]:
    """Builds one index and asks it, in this process."""
    import faiss

    faiss.omp_set_num_threads(threads)
    stored, asked = np.load(folder / "stored.npy", mmap_mode="r"), np.load(folder / "asked.npy")
    before = memory_mb("RssAnon")
    began, worked = time.perf_counter(), time.process_time()
    sample = np.random.default_rng(1).permutation(len(stored))[:160_000]
    trained = "IVF" in name or "SQ8" in name
    index = INDEXES[name](stored[np.sort(sample)].astype(np.float32) if trained else stored[:0])
    for at in range(0, len(stored) - _BATCH * _ADDED, _AT_ONCE):
        upto = min(at + _AT_ONCE, len(stored) - _BATCH * _ADDED)
        index.add(stored[at:upto].astype(np.float32))
    built, busy = time.perf_counter() - began, time.process_time() - worked
    adds = []
    for at in range(len(stored) - _BATCH * _ADDED, len(stored), _BATCH):
        began = time.perf_counter()
        index.add(stored[at : at + _BATCH].astype(np.float32))
        adds.append(time.perf_counter() - began)
    held = memory_mb("RssAnon") - before
    seconds, found, worked = [], [], time.process_time()
    for row in asked:
        began = time.perf_counter()
        found.append(index.search(row[None], _K)[1][0])
        seconds.append(time.perf_counter() - began)
    asking = time.process_time() - worked
    told = {
        "p50_ms": percentile(seconds, 0.5) * 1e3,
        "p99_ms": percentile(seconds, 0.99) * 1e3,
        "processor_ms": asking / len(asked) * 1e3,
        "mb": held,
        "build_seconds": built,
        "build_processor_seconds": busy,
        "add_128_ms": percentile(adds, 0.5) * 1e3,
    }
    exact = folder / "exact.npy"
    if name == "flat":
        np.save(exact, np.stack(found))
    return {"recall_at_10": recall(np.load(exact), np.stack(found))} | told


def recall(exact: NDArray[np.int64], found: NDArray[np.int64]) -> float:
    """Share of the exact neighbours that were found, over all queries."""
    hits = [len(set(a.tolist()) & set(b.tolist())) for a, b in zip(exact, found, strict=True)]
    return sum(hits) / exact.size


def measure(
    notes: int, queries: int, seeds: int, threads: int, only: list[str], cache: Path | None
) -> dict[str, Any]:
    """Makes the vectors, and measures each index in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        real = seed_vectors(seeds + queries, cache)
        np.save(folder / "stored.npy", multiply(real[:seeds], notes))
        np.save(folder / "asked.npy", real[seeds:])
        rows = {}
        for kind in dict.fromkeys(["flat", *only]):
            ended = run_apart(
                [sys.executable, "-m", "eval.bench.search_index", "--one", kind,
                 "--folder", str(folder), "--threads", str(threads)]
            )  # fmt: skip
            rows[kind] = json.loads(ended.output)
            sys.stderr.write(f"{kind}: {rows[kind]}\n")
    return {"notes": notes, "queries": queries, "seeds": seeds, "threads": threads, "rows": rows}


def table(found: dict[str, Any]) -> Table:
    """The table of docs/performance.md."""
    columns = [
        "index", "recall@10", "p50 ms", "p99 ms", "processor ms", "MB", "build s",
        "build processor s", "128 added, ms",
    ]  # fmt: skip
    note = (
        f"{found['notes']:,} vectors mixed of {found['seeds']:,} real notes, "
        f"{found['queries']} queries one at a time, {found['threads']} threads."
    )
    return Table(columns, [[name, *row.values()] for name, row in found["rows"].items()], note)


def main() -> None:
    """Prints what was measured as JSON."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.search_index", description=__doc__)
    parser.add_argument("--notes", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=4_000, help="real notes to mix")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", nargs="*", choices=list(INDEXES), default=list(INDEXES))
    parser.add_argument("--vectors", type=Path, help="keep the embedded notes here (.npy)")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", choices=list(INDEXES), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        told = measure_one(given.one, given.folder, given.threads)
        sys.stdout.write(json.dumps(told) + "\n")
        return
    found = measure(
        given.notes, given.queries, given.seeds, given.threads, given.only, given.vectors
    )
    text = json.dumps(found, indent=1) + "\n"
    sys.stdout.write(text)
    if given.json:
        given.json.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
