"""A bank for tests: answers payment files as it is told."""

from __future__ import annotations

import csv
import io
from typing import Any

from tests.integration.subsidy.town import Town


async def answered(town: Town, batch_id: str, *failing: int) -> str:
    """The bank's answer to a batch: the rows of these sequence numbers failed."""
    content = (await town.clerk.get(f"/v1/payment-batches/{batch_id}/file")).content.decode()
    details = [row for row in csv.reader(io.StringIO(content)) if row[0] == "D"]
    rows = [(int(row[1]), row[2], row[6], "F" if int(row[1]) in failing else "S") for row in details]

    def fen(result: str) -> int:
        return sum(int(amount.replace(".", "")) for _, _, amount, said in rows if said == result)

    def count(result: str) -> int:
        return sum(said == result for *_, said in rows)

    lines = [f"H,AXRET1,{batch_id},{len(rows)},{fen('S') + fen('F')}"]
    lines += [f"D,{seq},{line},{amount},{said},{'E05' if said == 'F' else '0000'}" for seq, line, amount, said in rows]
    lines += [f"T,{len(rows)},{count('S')},{fen('S')},{count('F')},{fen('F')}"]
    return "\n".join(lines) + "\n"


async def bring(town: Town, batch_id: str, content: str, status: int = 200) -> Any:
    """Import a return file."""
    path = f"/v1/payment-batches/{batch_id}/returns"
    answer = await town.clerk.post(path, content=content.encode(), headers={"content-type": "text/csv"})
    assert answer.status_code == status, answer.text
    return answer.json()
