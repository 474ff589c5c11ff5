"""Lists the words and pairs that everybody writes, from train: what no single team taught.

``python -m eval.common_wording`` writes ``auditor/models/common_wording.txt`` anew.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from auditor.classify.wording import COMMON_FILE, wording

TRAIN = Path("eval/sets/train")
OUT = Path("auditor/models") / COMMON_FILE
MOST = 30
"""Notes that an uncommon word may stand in, of some 7,000; chosen on the jargon of team A."""


def common(texts: Iterable[str], *, most: int = MOST) -> list[str]:
    """Words and pairs that stand in more texts than that, sorted."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(set(wording(text)))
    return sorted(word for word, count in counts.items() if count > most)


def main() -> None:
    """Writes the file."""
    lines = (line for f in sorted(TRAIN.glob("*.jsonl")) for line in f.open(encoding="utf-8"))
    words = common(json.loads(line)["activity"]["text"] for line in lines)
    OUT.write_text("\n".join(words) + "\n", encoding="utf-8")
    print(f"{len(words)} words and pairs in {OUT}")  # noqa: T201


if __name__ == "__main__":
    main()
