"""Whether an application is what its programme asks for: whom it names, which months, which rows."""

from __future__ import annotations

from uuid import UUID

from services.subsidy.applications import rows
from services.subsidy.applications.columns import asked
from services.subsidy.applications.domain import shape_of
from services.subsidy.applications.schemas import ApplicationIn, ColumnOut, FormOut
from services.subsidy.engine import Pack
from services.subsidy.engine.programme import Programme
from services.subsidy.errors import ApplicationUnfit
from services.subsidy.inputs.domain import PERSONS
from shared.clock import Month
from shared.errors import FieldError

KIND_OF = {"institution": "institution", "centre": "community_centre"}
"""What an organisation must be registered as to benefit as such."""


def asks_for(law: Programme) -> list[str]:
    """Whom an application names: the one who benefits, and the one who is paid."""
    involved = {law.beneficiary, law.payee}
    found = ["senior_id"] if involved & PERSONS else []
    found += ["organization_id"] if involved - PERSONS else []
    return found + (["worker_key"] if law.beneficiary == "worker" else [])


def months_of(law: Programme, given: ApplicationIn) -> tuple[Month, Month | None]:
    """First and last month; what is not paid from month to month is for one month."""
    last = given.last_month
    return given.first_month, last if last or shape_of(law.kind).standing else given.first_month


def check(pack: Pack, given: ApplicationIn) -> None:
    """ApplicationUnfit (422) with everything that is wrong."""
    law = pack.programmes[given.programme]
    months = months_of(law, given)
    found = [*_names(law, given), *_months(law, months), *rows.check(pack, law.code, given.rows, months)]
    if found:
        raise ApplicationUnfit(f"{len(found)} things to mend.", f"共{len(found)}处须改正。", found[:200])


def _names(law: Programme, given: ApplicationIn) -> list[FieldError]:
    wanted, found = asks_for(law), []
    if given.worker_ref is not None and "worker_key" not in wanted:
        en, zh = "This programme takes no worker_ref.", "该项目不填写worker_ref。"
        found.append(FieldError.of("/worker_ref", "not_asked", en, zh))
    for name in ("senior_id", "organization_id", "worker_key"):
        named = getattr(given, name) is not None
        if name in wanted and not named:
            found.append(FieldError.of(f"/{name}", "missing", f"This programme needs {name}.", f"该项目须填写{name}。"))
        elif named and name not in wanted:
            en, zh = f"This programme takes no {name}.", f"该项目不填写{name}。"
            found.append(FieldError.of(f"/{name}", "not_asked", en, zh))
    return found


def _months(law: Programme, months: tuple[Month, Month | None]) -> list[FieldError]:
    first, last = months
    if last is not None and last < first:
        en, zh = "It lies before the first month.", "截止月份早于起始月份。"
        return [FieldError.of("/last_month", "reversed", en, zh)]
    if last != first and not shape_of(law.kind).standing:
        en, zh = "This programme is applied for month by month.", "该项目按单个月份申请。"
        return [FieldError.of("/last_month", "one_month", en, zh)]
    return []


def wrong_kind(law: Programme, kind: str | None) -> ApplicationUnfit | None:
    """Why an organisation cannot be named: it is not registered, or as something else."""
    wanted = KIND_OF.get(law.beneficiary)
    if kind is None:
        code, en, zh = "unknown", "No such organisation is registered.", "未登记该机构。"
    elif wanted and kind != wanted:
        code, en, zh = "wrong_kind", f"It is registered as {kind}, not as {wanted}.", "该机构的类别不符合项目要求。"
    else:
        return None
    return ApplicationUnfit(en, zh, [FieldError.of("/organization_id", code, en, zh)])


def unknown_worker() -> ApplicationUnfit:
    """Why a worker cannot be named: the registry did not make this key."""
    en, zh = "The registry has made no such key, or it has not arrived yet.", "登记服务未生成该标识,或标识尚未同步。"
    return ApplicationUnfit(en, zh, [FieldError.of("/worker_key", "unknown", en, zh)])


def by_itself(law: Programme, organization_id: UUID | None) -> UUID | None:
    """The organisation, where one subject may have several applications in a month through different ones."""
    return organization_id if shape_of(law.kind).side_by_side and law.beneficiary in PERSONS else None


def form(pack: Pack, law: Programme) -> FormOut:
    """What an application for a programme must say."""
    shape = shape_of(law.kind)
    columns = [
        ColumnOut(
            name=column.name,
            type=column.type,
            needed=column.needed,
            label_zh=column.label.zh,
            label_en=column.label.en,
            either=list(column.either),
        )
        for column in asked(pack, law.code).values()
    ]
    return FormOut(
        programme=law.code,
        name_zh=law.name.zh,
        name_en=law.name.en,
        form=law.form,
        asks_for=asks_for(law),
        standing=shape.standing,
        several=shape.several,
        columns=columns,
    )
