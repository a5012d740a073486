"""What a client can get wrong about money and credit."""

from __future__ import annotations

from collections.abc import Iterator

from shared.clock import Month, today
from tests.e2e.support_bad import CLERK, CSV, Bad, changed
from tests.e2e.support_district import GAOGANG, HAILING, Traces, application


def of_money(here: Traces, there: Traces) -> Iterator[Bad]:
    """Runs, determinations, holds, return files, recoveries."""
    path, run = "/subsidy/v1/runs", {"month": "2026-03", "region": HAILING}
    yield Bad("a thirteenth month", CLERK, path, run | {"month": "2026-13"}, 422, "month", "/month")
    later = run | {"month": str(Month.of(today()).next())}
    yield Bad("a month to come", CLERK, path, later, 422, "month-not-begun")
    yield Bad("another district", CLERK, path, run | {"region": GAOGANG}, 403, "outside-region")
    yield Bad("a programme of nobody", CLERK, path, run | {"programmes": ["free_beer"]}, 422, "no-policy")
    yield Bad("an unknown field", CLERK, path, run | {"force": True}, 422, "extra_forbidden", "/force")
    path, asked = "/subsidy/v1/determinations", {"programme": "longevity_allowance", "month": "2026-03"}
    yield Bad("nobody to determine", CLERK, path, asked, 422, "value_error")
    foreign = asked | {"senior_id": there.ids["senior_id"]}
    yield Bad("another district's senior", CLERK, path, foreign, 404, "subject-not-found")
    then = asked | {"senior_id": here.ids["senior_id"], "known_at": "2026-02-30T00:00:00Z"}
    yield Bad("an impossible moment", CLERK, path, then, 422, "datetime_from_date_parsing", "/known_at")
    path, asked = "/subsidy/v1/simulations", {"region": HAILING, "first_month": "2026-03"}
    value = {"parameter": "longevity_allowance.start_month", "choice": "NEXT_MONTH"}
    for name, more, code, pointer in (
        ("months in the wrong order", {"last_month": "2026-02"}, "value_error", ""),
        (
            "a figure that is no text",
            {"values": [{**value, "choice": None, "value": 80}]},
            "string_type",
            "/values/0/value",
        ),
        ("two values at once", {"values": [{**value, "value": "80"}]}, "value_error", "/values/0"),
        ("a choice of nobody", {"values": [{**value, "choice": "NEVER"}]}, "unknown_choice", "/values/0/choice"),
        ("a draft that is none", {"draft": {"snapshot": "hello"}}, "draft-refused", ""),
        ("a pack of nowhere", {"draft": {"pack": "999999"}}, "pack", "/draft/pack"),
    ):
        yield Bad(name, CLERK, path, asked | more, 422, code, pointer)
    yield Bad("another district's cost", CLERK, path, asked | {"region": GAOGANG}, 403, "outside-region")
    yield from _of_applications(here, there)
    path = "/subsidy/v1/holds"
    hold = {"subject_kind": "senior", "subject_id": here.ids["senior_id"], "reason": "a\0b"}
    yield Bad("NUL in a reason", CLERK, path, hold, 422, "value_error", "/reason")
    yield Bad("a reason too long", CLERK, path, hold | {"reason": "长" * 2001}, 422, "string_too_long", "/reason")
    path = f"/subsidy/v1/payment-batches/{here.ids['batch_id']}/returns"
    yield Bad("a file that is none", CLERK, path, b"hello", 422, "return-file-refused", kind=CSV)
    yield Bad("NUL in a file", CLERK, path, b"H,AXRET1\0\n", 422, "return-file-refused", kind=CSV)
    totals = f"H,AXRET1,{here.ids['batch_id']},1,1\r\nD,1,{here.ids['line_id']},9.99,S,00\r\nT,1,1,2,0,0\r\n"
    yield Bad("totals that do not hold", CLERK, path, totals.encode(), 422, "return-file-refused", kind=CSV)
    path = f"/subsidy/v1/recoveries/{here.ids['recovery_id']}/entries"
    paid = {"kind": "repaid", "amount": "0.001", "document_no": "财收1号"}
    yield Bad("a tenth of a fen", CLERK, path, paid, 422, "value_error", "/amount")
    yield Bad("money of no sign", CLERK, path, paid | {"amount": "-5.00"}, 422, "greater_than", "/amount")
    yield Bad("more than is owed", CLERK, path, paid | {"amount": "99999999.00"}, 409, "more-than-owed")


def _of_applications(here: Traces, there: Traces) -> Iterator[Bad]:
    """Facts that nobody can calculate with, or that are not the applicant's to say."""
    path, good = "/subsidy/v1/applications", application(here.ids)
    for name, pointer, value, code in (
        ("a column of nobody", "/rows/0/colour", "red", "unknown_column"),
        ("what only the system knows", "/rows/0/paid_before", False, "known_already"),
        ("a fact that is missing", "/rows/0/certified", None, "missing"),
        ("a day that never was", "/rows/0/in_post_since", "2026-02-30", "date"),
        ("a number that is no number", "/rows/0/longest_break_days", "none", "number"),
        ("a truth that is a number", "/rows/0/certified", 1, "yes_no"),
        ("a worker without a home", "/organization_id", None, "missing"),
        ("a fraction", "/rows/0/longest_break_days", 0.5, "fact"),
        ("paper without a scan", "/channel", "offline", "value_error"),
        ("no rows", "/rows", [], "too_short"),
    ):
        where = {"/organization_id": "/senior_id", "/channel": ""}.get(pointer, pointer)
        yield Bad(name, CLERK, path, changed(good, pointer, value), 422, code, where)
    yield Bad(
        "a programme without applications",
        CLERK,
        path,
        good | {"programme": "meal_subsidy"},
        422,
        "no_applications",
        "/programme",
    )
    yield Bad("another district's home", CLERK, path, application(there.ids), 404, "subject-not-found")
    change = f"{path}/{here.ids['application_id']}/withdraw"
    yield Bad("a change without a version", CLERK, change, {"reason": "试"}, 428, "if-match-required")


def of_credit(here: Traces, there: Traces) -> Iterator[Bad]:
    """Records and list entries."""
    subject = {"kind": "organization", "subject_id": here.ids["organization_id"]}
    record = {"subject": subject, "kind": "penalty", "record_class": "general", "facts": "试", "issuer": "区民政局"}
    record |= {"legal_basis": "试", "document_no": "试〔2026〕1号", "issued_on": "2026-01-05"}
    path = "/credit/v1/records"
    foreign = {"kind": "organization", "subject_id": there.ids["organization_id"]}
    for name, pointer, value, code in (
        ("an impossible day", "/issued_on", "2026-02-30", "date_from_datetime_parsing"),
        ("a kind that is none", "/kind", "gossip", "value_error"),
        ("NUL in facts", "/facts", "a\0b", "value_error"),
        ("NUL in a number", "/document_no", "a\0b", "value_error"),
        ("facts too long", "/facts", "长" * 2001, "string_too_long"),
        ("another district's organisation", "/subject", foreign, "unknown"),
    ):
        where = "/subject/subject_id" if code == "unknown" else pointer
        yield Bad(name, CLERK, path, changed(record, pointer, value), 422, code, where)
    case = {"subject": subject, "list_kind": "joint_discipline", "legal_basis": "mca-2019-103", "facts": "试"}
    case |= {"ground": "bad_mood", "document_no": "试〔2026〕2号"}
    yield Bad("a ground that no law knows", CLERK, "/credit/v1/lists", case, 422, "no-legal-basis")
