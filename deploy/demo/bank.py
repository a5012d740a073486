"""A bank for the demo: reads a payment file and answers it, with a few accounts that do not exist."""

from __future__ import annotations

import csv
import io

FAIL_EVERY = 50


def answer_file(payment_file: bytes) -> bytes:
    """The return file to a payment file: every fiftieth row fails."""
    text = payment_file.decode("gb18030")
    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    heading = next(row for row in rows if row[0] == "H")
    out, paid, failed = io.StringIO(), [0, 0], [0, 0]
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["H", "AXRET1", heading[2], heading[4], heading[5]])
    for row in rows:
        if row[0] == "D":
            fails = int(row[1]) % FAIL_EVERY == 0
            total = failed if fails else paid
            total[0] += 1
            total[1] += round(float(row[6]) * 100)
            writer.writerow(
                [
                    "D",
                    row[1],
                    row[2],
                    row[6],
                    "F" if fails else "S",
                    "E01" if fails else "00",
                    "账号不存在" if fails else "",
                ]
            )
    writer.writerow(["T", paid[0] + failed[0], *paid, *failed])
    return out.getvalue().encode()
