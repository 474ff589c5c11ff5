"""The arithmetic of measurements."""

import pytest

from eval.bench.measuring import Cost, by_turns, percentile, ratio, run_apart, slope
from eval.bench.tables import Table, fill_in, shown


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_the_slope_is_the_exponent_of_growth(power: float) -> None:
    sizes = [1_000.0, 10_000.0, 100_000.0]
    assert slope(sizes, [3 * s**power for s in sizes]) == pytest.approx(power)


@pytest.mark.parametrize("costs", [[0.0, 1.0], [1.0, -1.0]])
def test_no_slope_of_nothing(costs: list[float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        slope([1.0, 2.0], costs)


def test_no_slope_of_one_size() -> None:
    with pytest.raises(ValueError, match="two sizes"):
        slope([5.0, 5.0], [1.0, 2.0])


def test_every_second_round_goes_backwards() -> None:
    order: list[tuple[str, int]] = []

    def contender(name: str, turn: int) -> Cost:
        order.append((name, turn))
        return Cost(1.0, 1.0)

    by_turns({n: lambda t, n=n: contender(n, t) for n in "ab"}, repeats=2)  # type: ignore[misc]
    assert order == [("a", 0), ("b", 0), ("b", 1), ("a", 1)]


def test_a_ratio_is_taken_round_by_round() -> None:
    one = [Cost(1, 1), Cost(10, 1), Cost(1, 1)]
    other = [Cost(2, 3), Cost(20, 3), Cost(2, 3)]
    assert ratio(one, other) == Cost(2, 3)


def test_p99_of_few_is_the_highest() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.99) == 3.0
    assert percentile([float(n) for n in range(1_000)], 0.99) == 990.0


def test_a_process_tells_its_output_memory_and_time() -> None:
    import sys

    ended = run_apart(
        [sys.executable, "-c", "import time; print('x'); b = b'1' * 60_000_000; time.sleep(.1)"]
    )
    assert ended.output == "x\n"
    assert ended.peak_mb > 50
    assert ended.cost.processor > 0


def test_a_process_that_fails_says_why() -> None:
    import sys

    with pytest.raises(RuntimeError, match="no such thing"):
        run_apart([sys.executable, "-c", "raise SystemExit('no such thing')"])


@pytest.mark.parametrize(
    ("value", "told"),
    [(1234567, "1,234,567"), (1234.5, "1,234"), (12.34, "12.3"), (0.0123, "0.012"), (None, "")],
)
def test_cells(value: object, told: str) -> None:
    assert shown(value) == told


def test_a_table_replaces_the_one_before_and_leaves_the_words() -> None:
    old = "# A\n\nwords\n\n<!-- table a -->\nold\n<!-- end a -->\n\nmore\n"
    new = fill_in(old, {"a": Table(["x"], [[1]]).as_markdown()})
    assert new == (
        "# A\n\nwords\n\n<!-- table a -->\n| x |\n|---|\n| 1 |\n<!-- end a -->\n\nmore\n"
    )


def test_a_new_table_goes_to_the_end() -> None:
    assert fill_in("words\n", {"b": "x"}) == "words\n\n<!-- table b -->\nx\n<!-- end b -->\n"


def test_a_bar_in_a_cell_makes_no_column() -> None:
    assert Table(["x"], [["a|b"]]).as_markdown().endswith("| a\\|b |")
