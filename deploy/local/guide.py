"""What a started system gives its user: the demo city, addresses, demo clients, and commands to try."""

import json
from datetime import timedelta

import httpx

from deploy.demo import clients
from deploy.demo.client import CallFailedError, DemoClient
from deploy.demo.seed import seed_if_empty
from shared.clock import SHANGHAI, now

VENDOR = "vendor-a"
READER = "auditor"
TRY = """\
  TOKEN=$(curl -s -u {vendor}:{secret} -d grant_type=client_credentials {base}/oauth/token \\
    | python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')
  curl -s -H "Authorization: Bearer $TOKEN" {base}/visits/v1/limits
  curl -s -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' {base}/visits/v1/deliveries -d '
{delivery}'
"""


def fill(base_url: str) -> None:
    """Put the demo city into an empty system, and say what came of it."""
    try:
        seniors = seed_if_empty(base_url)
    except (CallFailedError, httpx.HTTPError) as error:
        print(f"The demo city could not be filled in: {error}", flush=True)
    else:
        print(f"Demo city: {seniors} seniors registered" if seniors else "Demo city: already there", flush=True)


def text(base_url: str) -> str:
    """The guide for a system at `base_url`."""
    people = [_line(name, client) for name, client in clients.load().items() if not name.startswith("service-")]
    secret = clients.load()[VENDOR].secret
    return "\n".join(
        [
            f"  documents  {base_url}/",
            f"  tokens     {base_url}/oauth/token",
            "",
            "Demo clients (name, secret, regions, who):",
            *people,
            "",
            "Try:",
            TRY.format(base=base_url, vendor=VENDOR, secret=secret, delivery=json.dumps(_delivery(base_url), indent=2)),
        ]
    )


def _line(name: str, client: clients.Client) -> str:
    regions = ",".join(client.regions)
    return f"  {name:16} {client.secret:20} {regions:8} {client.display_name.zh} {client.display_name.en}"


def _delivery(base_url: str) -> dict[str, object]:
    """The last lunch, brought to a senior who lives at home: sent twice, it is answered as the first time."""
    today = now().astimezone(SHANGHAI).replace(hour=11, minute=40, second=0, microsecond=0)
    ended = today if today < now() else today - timedelta(days=1)
    senior = _at_home(base_url)
    return {
        "event_id": f"TRY-{ended:%Y%m%d}-{senior[-12:]}",
        "sequence": 1,
        "vendor_id": str(clients.load()[VENDOR].organization),
        "senior_id": senior,
        "service": "meal",
        "meals": 1,
        "started_at": (ended - timedelta(minutes=15)).isoformat(),
        "ended_at": ended.isoformat(),
        "device_time": ended.isoformat(),
        "place": {"latitude": 32.4559, "longitude": 119.9231, "datum": "GCJ-02", "accuracy_m": 15.0},
        "method": "card",
        "device_id": "pos-0071",
        "worker_ref": "c-0417",
    }


def _at_home(base_url: str) -> str:
    """The first senior on file who lives in no institution; a blank to fill in where nobody is, or the system stops."""
    try:
        with DemoClient(base_url, READER) as reader:
            residents = {stay["senior_id"] for stay in reader.json("GET", "/registry/v1/admissions?limit=200")["items"]}
            seniors = reader.json("GET", "/registry/v1/seniors?limit=200")["items"]
    except (CallFailedError, httpx.HTTPError):
        return "<senior_id>"
    return next((senior["senior_id"] for senior in seniors if senior["senior_id"] not in residents), "<senior_id>")
