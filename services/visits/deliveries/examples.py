"""The delivery that the documents show 示例."""

from __future__ import annotations

from pydantic.config import JsonDict

from services.visits.records.domain import EVENT_TYPE

DEVICE: JsonDict = {
    "event_id": "A-20261009-000123",
    "sequence": 1,
    "vendor_id": "019a4c00-0000-7000-8000-00000000000a",
    "senior_id": "019a4c00-0000-7000-8000-000000000001",
    "service": "meal",
    "meals": 1,
    "started_at": "2026-10-09T11:25:00+08:00",
    "ended_at": "2026-10-09T11:40:00+08:00",
    "device_time": "2026-10-09T11:40:03+08:00",
    "place": {"latitude": 32.4559, "longitude": 119.9231, "datum": "GCJ-02", "accuracy_m": 15.0},
    "method": "card",
    "device_id": "pos-0071",
    "worker_ref": "c-0417",
}
DATA: JsonDict = {name: value for name, value in DEVICE.items() if name not in {"event_id", "vendor_id"}}
EVENT: JsonDict = {
    "specversion": "1.0",
    "type": EVENT_TYPE,
    "source": f"urn:uuid:{DEVICE['vendor_id']}",
    "id": DEVICE["event_id"],
    "time": DEVICE["device_time"],
    "datacontenttype": "application/json",
    "data": DATA,
}
