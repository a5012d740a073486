"""Lines, payments and recoveries from before the ledger keep every sum when the ledger is made of them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import asyncpg

from deploy.local import postgres as local_postgres
from deploy.migrations.run import SERVICES, downgrade, migrate
from tests.support.database import execute, password

BEFORE = "subsidy_0005_items"
OLD = """
INSERT INTO runs (id, month, region, prefix, number, programmes, state, created_by, decided_by, decided_at)
SELECT ('0000000' || n || '-0000-7000-8000-000000000000')::uuid, '2026-10-01', '321202000000', '321202', n, '{}',
    CASE n WHEN 4 THEN 'submitted' ELSE 'approved' END, 'clerk', CASE n WHEN 4 THEN NULL ELSE 'second' END, now()
FROM generate_series(1, 4) n;
SELECT ensure_month('lines', '2026-10-01'), ensure_month('payment_items', '2026-10-01');
INSERT INTO lines (id, run_id, scope, month, region, programme, beneficiary_kind, beneficiary_id, senior_id, sequence,
    kind, amount_fen, outcome, reason, pack_hash, corrects_line_id)
SELECT ('00000000-0000-7000-8000-0000000000' || lpad(l, 2, '0'))::uuid,
    ('0000000' || r || '-0000-7000-8000-000000000000')::uuid, 0, '2026-10-01', '321202001000', 'longevity_allowance',
    'senior', ('00000000-0000-7000-8000-00000000010' || who)::uuid,
    ('00000000-0000-7000-8000-00000000010' || who)::uuid, sequence,
    CASE WHEN fen < 0 THEN 'recovery' ELSE 'regular' END, fen, 'paid', 'facts_changed', 'hash',
    CASE WHEN fen < 0 THEN gen_random_uuid() END
FROM (VALUES ('11', 1, 1, 0, 6000), ('12', 2, 1, 1, -6000), ('21', 1, 2, 0, 6000), ('22', 2, 2, 1, -6000),
    ('31', 1, 3, 0, 6000), ('41', 1, 4, 0, 6000), ('51', 1, 5, 0, 6000), ('52', 2, 5, 1, -6000),
    ('53', 3, 5, 2, 6000), ('61', 4, 6, 0, 6000)) v (l, r, who, sequence, fen);
INSERT INTO payment_batches (id, run_id, region, month, number, state, encoding, created_by)
VALUES ('00000000-0000-7000-8000-000000000200', '00000001-0000-7000-8000-000000000000', '321202000000', '2026-10-01', 1,
    'ready', 'utf-8', 'clerk');
INSERT INTO payment_items (batch_id, month, sequence, line_id, line_month, region, programme, beneficiary_kind,
    beneficiary_id, amount_fen, remark, account, state)
SELECT '00000000-0000-7000-8000-000000000200', '2026-10-01', n,
    ('00000000-0000-7000-8000-0000000000' || l)::uuid, '2026-10-01', '321202001000', 'longevity_allowance', 'senior',
    gen_random_uuid(), 6000, '', 'x', state
FROM (VALUES (1, '11', 'settled'), (2, '31', 'returned'), (3, '41', 'no_account'),
    (4, '51', 'settled')) v (n, l, state);
INSERT INTO recoveries (id, line_id, corrects_line_id, run_id, region, programme, month, beneficiary_kind,
    beneficiary_id, senior_id, reason)
SELECT ('00000000-0000-7000-8000-0000000003' || l)::uuid, ('00000000-0000-7000-8000-0000000000' || l)::uuid,
    gen_random_uuid(), '00000002-0000-7000-8000-000000000000', '321202001000', 'longevity_allowance', '2026-10-01',
    'senior', ('00000000-0000-7000-8000-00000000010' || left(l, 1))::uuid, NULL, 'facts_changed'
FROM unnest(ARRAY['12', '22', '52']) l;
INSERT INTO recovery_entries (recovery_id, region, kind, amount_fen, line_id, document_no, recorded_by)
SELECT ('00000000-0000-7000-8000-0000000003' || r)::uuid, '321202001000', kind, fen,
    CASE WHEN line <> '' THEN ('00000000-0000-7000-8000-0000000000' || line)::uuid END, 'paper', 'clerk'
FROM (VALUES ('12', 'opened', 6000, ''), ('12', 'repaid', -1000, ''), ('12', 'waived', -2000, ''),
    ('12', 'offset', -500, '41'), ('22', 'opened', 6000, ''), ('22', 'offset', -6000, '21'), ('52', 'opened', 6000, ''),
    ('52', 'repaid', -6000, '')) v (r, kind, fen, line);
"""
BALANCES = "SELECT right(recovery_id::text, 2) AS line, sum(amount_fen)::int AS fen FROM recovery_entries GROUP BY 1"
SUMS = """
SELECT right(a.beneficiary_id::text, 1)::int AS who, e.kind, sum(e.amount_fen)::int AS fen
FROM ledger e JOIN accounts a ON a.id = e.account_id GROUP BY 1, 2 ORDER BY 1, 2
"""
OWED = """
SELECT right(recovery_id::text, 2) AS line, balance_fen::int AS fen
FROM recovery_balances((SELECT array_agg(id) FROM accounts))
"""


CARRIED = [
    (1, "decided", 0), (1, "offset_out", 500), (1, "repaid", 1000), (1, "sent", 6000), (1, "settled", 6000),
    (1, "waived", 2000), (2, "decided", 0), (2, "offset_in", 6000), (2, "offset_out", 6000), (3, "decided", 6000),
    (3, "returned", 6000), (3, "sent", 6000), (4, "decided", 6000), (4, "offset_in", 500), (5, "decided", 6000),
    (5, "repaid", 6000), (5, "sent", 6000), (5, "settled", 6000),
]  # fmt: skip


async def read(url: str, query: str) -> list[tuple[Any, ...]]:
    """Rows as the superuser sees them."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        await connection.execute("SET search_path = subsidy")
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def test_every_old_sum_stands_there_and_back_again(postgres: local_postgres.Server) -> None:
    name = f"test_{uuid4().hex[:12]}"
    await execute(postgres.superuser_url(), f"CREATE DATABASE {name}")
    url = postgres.superuser_url(name)
    try:
        await migrate(url, {service: password(service) for service in SERVICES})
        await downgrade(url, "subsidy", BEFORE)
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        await connection.execute("SET search_path = subsidy")
        await connection.execute(OLD)
        await connection.close()
        before = dict(await read(url, BALANCES))
        assert before == {"12": 2500, "22": 0, "52": 0}
        await migrate(url)
        assert dict(await read(url, OWED)) == before
        assert await read(url, SUMS) == CARRIED
        await downgrade(url, "subsidy", BEFORE)
        assert dict(await read(url, BALANCES)) == before
    finally:
        await execute(postgres.superuser_url(), f"DROP DATABASE {name} WITH (FORCE)")
