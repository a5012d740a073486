"""What goes to the bank and what comes back."""

import csv
import hashlib
import io
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.subsidy.payments.domain import Answer, Instruction, ItemState, Result, Sent, judge, news
from services.subsidy.payments.paymentfile import Heading, write
from services.subsidy.payments.returnfile import ReturnFileError, read
from shared.money import to_yuan

BATCH = UUID("0198c0de-0000-7000-8000-000000000001")
LINES = [UUID(int=n) for n in range(1, 4)]


def instruction(sequence: int, amount: int, name: str = "张三") -> Instruction:
    return Instruction(sequence, LINES[sequence - 1], name, "6222021234567890123", "中国银行", amount, "尊老金 2026-10")


def return_file(rows: list[tuple[int, UUID, int, str]], batch: UUID = BATCH) -> str:
    paid = [amount for _, _, amount, result in rows if result == "S"]
    failed = [amount for _, _, amount, result in rows if result == "F"]
    details = [f"D,{seq},{line},{to_yuan(amount)},{result},0000" for seq, line, amount, result in rows]
    heading = f"H,AXRET1,{batch},{len(rows)},{sum(paid) + sum(failed)}"
    trailer = f"T,{len(rows)},{len(paid)},{sum(paid)},{len(failed)},{sum(failed)}"
    return "\n".join([heading, *details, trailer]) + "\n"


GOOD = [(1, LINES[0], 5000, "S"), (2, LINES[1], 10000, "F")]


def test_the_file_counts_sums_and_seals_its_rows() -> None:
    items = [instruction(1, 5000), instruction(2, 10050)]
    content = b"".join(write(Heading(BATCH, "2026-10", 2, 15050, "utf-8"), items))
    head, *details, trailer = list(csv.reader(io.StringIO(content.decode())))
    assert head == ["H", "AXPAY1", str(BATCH), "2026-10", "2", "15050", "utf-8"]
    assert [row[6] for row in details] == ["50.00", "100.50"]
    before = content[: content.rindex(b"T,2,15050,")]
    assert trailer == ["T", "2", "15050", hashlib.sha256(before).hexdigest()]


def test_writing_it_again_gives_the_same_bytes() -> None:
    heading, items = Heading(BATCH, "2026-10", 1, 5000, "gb18030"), [instruction(1, 5000)]
    assert list(write(heading, items)) == list(write(heading, items))


def test_a_rare_character_survives_gb18030() -> None:
    content = b"".join(write(Heading(BATCH, "2026-10", 1, 5000, "gb18030"), [instruction(1, 5000, "王\U00020164")]))
    assert "王\U00020164" in content.decode("gb18030")


@pytest.mark.parametrize(("rows", "amount"), [(2, 5000), (1, 4999)])
def test_a_heading_that_does_not_count_its_rows_stops_the_file(rows: int, amount: int) -> None:
    with pytest.raises(ValueError, match="heading"):
        list(write(Heading(BATCH, "2026-10", rows, amount, "utf-8"), [instruction(1, 5000)]))


def test_a_good_return_file_is_read_row_by_row() -> None:
    answers = read(return_file(GOOD).encode("gb18030"), BATCH)
    assert [(a.sequence, a.line_id, a.amount_fen, a.succeeded) for a in answers] == [
        (1, LINES[0], 5000, True),
        (2, LINES[1], 10000, False),
    ]


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda text: text.replace("H,AXRET1", "H,OTHER"), "heading"),
        (lambda text: text.replace(str(BATCH), str(uuid4())), "batch"),
        (lambda text: text.replace(",2,15000", ",2,15001"), "totals"),
        (lambda text: text.replace("T,2,1,5000,1,10000", "T,2,1,5000,1,9999"), "totals"),
        (lambda text: text.replace("50.00,S", "50.001,S"), "value"),
        (lambda text: text.replace("50.00,S", "50.00,X"), "value"),
        (lambda text: text.replace(str(LINES[0]), "nonsense"), "value"),
        (lambda text: text.replace("D,2,", "D,1,"), "twice"),
        (lambda text: text.replace("D,2,", "X,2,"), "layout"),
        (lambda text: "\n".join(text.splitlines()[:-1]), "layout"),
        (lambda text: text.replace("0000", "00\x0000"), "nul"),
        (lambda text: text.replace("0000", '"00"00'), "csv"),
        (lambda _: "", "layout"),
    ],
)
def test_a_damaged_return_file_is_refused_whole(damage: Callable[[str], str], code: str) -> None:
    with pytest.raises(ReturnFileError) as refused:
        read(damage(return_file(GOOD)).encode(), BATCH)
    assert refused.value.errors[0].code == code


def test_bytes_of_no_known_encoding_are_refused() -> None:
    with pytest.raises(ReturnFileError) as refused:
        read(b"\xff\xff\xff", BATCH)
    assert refused.value.errors[0].code == "encoding"


@given(st.binary(max_size=300))
def test_no_bytes_whatever_break_the_reader(content: bytes) -> None:
    with pytest.raises(ReturnFileError):
        read(content, BATCH)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (None, "unknown-row"),
        (Sent(LINES[1], 5000, ItemState.SENT), "unknown-row"),
        (Sent(LINES[0], 5001, ItemState.SENT), "amount"),
        (Sent(LINES[0], 5000, ItemState.RETURNED), None),
        (Sent(LINES[0], 5000, ItemState.CONFIRMED), None),
        (Sent(LINES[0], 5000, ItemState.SENT), None),
        (Sent(LINES[0], 5000, ItemState.SETTLED), None),
    ],
)
def test_an_answer_must_fit_the_row_that_was_sent(sent: Sent | None, code: str | None) -> None:
    fault = judge(Answer(2, 1, LINES[0], 5000, succeeded=True, code="0000"), sent)
    assert (fault.code if fault else None) == code


@pytest.mark.parametrize("state", [state for state in ItemState if state not in {"no_account", "held", "withdrawn"}])
@pytest.mark.parametrize("paid", [True, False])
def test_every_answer_to_every_state_repeats_settles_returns_or_contradicts(state: ItemState, *, paid: bool) -> None:
    answers = [Answer(2, 1, LINES[0], 5000, succeeded=paid, code="0000")]
    found = [(each.result, each.after) for each in news(answers, {1: Sent(LINES[0], 5000, state)})]
    known_as_paid = state in {ItemState.SETTLED, ItemState.ARRIVED}
    if state is ItemState.SENT:
        assert found == [(Result.APPLIED, ItemState.SETTLED if paid else ItemState.RETURNED)]
    elif state is ItemState.DISPUTED or paid == known_as_paid:
        assert found == []
    else:
        after = ItemState.DISPUTED if paid else ItemState.RETURNED
        assert found == [(Result.CONTRADICTION if paid else Result.LATE_RETURN, after)]
