"""How each field of each event is to be protected; published with its schema as ``x-classification``.

``public`` 公开: anybody may know it. ``internal`` 内部: says nothing of a person by itself. ``personal`` 个人信息: of a
person who can be told by an id (PIPL, art. 4). ``sensitive`` 敏感个人信息: health, hardship, money of a person (art.
28).
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from shared.contracts import audit, credit, registry, subsidy, visits

Class = Literal["public", "internal", "personal", "sensitive"]
ORDER: tuple[Class, ...] = ("public", "internal", "personal", "sensitive")

_FIELDS: dict[type[BaseModel], dict[Class, str]] = {
    registry.Residence: {"personal": "region valid_from valid_to"},
    registry.Circumstance: {"sensitive": "kind value valid_from valid_to"},
    registry.Ability: {"internal": "assessment_id", "sensitive": "level scale valid_from valid_to"},
    registry.SeniorSnapshot: {
        "internal": "version recorded_at",
        "personal": (
            "senior_id region birth_date sex status died_on death_reported_on registered_on residences has_bank_account"
        ),
        "sensitive": "circumstances abilities",
    },
    registry.OperationMode: {"public": "mode valid_from valid_to"},
    registry.Grade: {"public": "grade valid_from valid_to"},
    registry.Beds: {"public": "nursing ordinary"},
    registry.Contract: {"internal": "contract_id", "public": "service region valid_from valid_to"},
    registry.OrganizationSnapshot: {
        "public": (
            "organization_id region kind name social_credit_code status closed_on profit operation_modes grades beds"
            " contracts"
        ),
        "internal": "version recorded_at",
    },
    registry.CareLevel: {"sensitive": "level valid_from valid_to"},
    registry.AdmissionSnapshot: {
        "internal": "admission_id version region recorded_at",
        "personal": "senior_id institution_id admitted_on discharged_on",
        "sensitive": "care_levels",
    },
    registry.WorkerKnown: {"internal": "recorded_at", "personal": "worker_key"},
    registry.ChangeRecorded: {
        "internal": "change_id version subject_kind region recorded_at",
        "personal": "subject_id about state",
    },
    visits.MealDelivery: {
        "internal": "delivery_id vendor_id event_id sequence evidence_grade",
        "personal": "senior_id region service_date delivered_at meals",
    },
    visits.MealDeliveryFlagged: {"internal": "reasons"},
    visits.MealDeliveryRejected: {"internal": "reasons"},
    visits.MealDeliveryReversed: {
        "internal": "delivery_id vendor_id sequence reason reasons",
        "personal": "senior_id region service_date",
    },
    subsidy.Payment: {
        "internal": "line_id batch_id",
        "personal": "beneficiary_id",
        "sensitive": "programme month amount_fen",
    },
    subsidy.PaymentSettled: {"internal": "beneficiary_kind", "sensitive": "settled_on"},
    subsidy.PaymentReturned: {"sensitive": "reason_code"},
    subsidy.RecoveryOpened: {
        "internal": "recovery_id line_id",
        "personal": "beneficiary_id",
        "sensitive": "programme month amount_fen reason",
    },
    subsidy.ApplicationDisputed: {
        "internal": "application_id region month sequence",
        "personal": "beneficiary_id",
        "sensitive": "programme columns",
    },
    credit.SubjectListed: {
        "internal": "decision_id subject_kind region",
        "personal": "subject_id list_kind listed_on until legal_basis document_no effects",
    },
    credit.SubjectDelisted: {"internal": "decision_id", "personal": "subject_id delisted_on reason"},
    audit.AuditCheckpointed: {"internal": "position hash at signature"},
}


def _by_field() -> dict[str, dict[str, Class]]:
    found: dict[str, dict[str, Class]] = {}
    for model, classes in _FIELDS.items():
        names = {name: kind for kind, listed in classes.items() for name in listed.split()}
        if sum(len(listed.split()) for listed in classes.values()) > len(names):
            raise TypeError(f"{model.__name__}: a field has two classes")
        found[model.__name__] = names
    return found


_OF = _by_field()
_MODELS = {model.__name__: model for model in _FIELDS}


def class_of(model: type[BaseModel], field: str) -> Class:
    """The class of a field, its model's own or that of the shape it comes from. TypeError for one that nobody has
    classified: an event cannot be published without."""
    for each in model.__mro__:
        if field in _OF.get(each.__name__, {}):
            return _OF[each.__name__][field]
    raise TypeError(f"{model.__name__}.{field} has no classification")


def classified(event: type[BaseModel], schema: dict[str, Any]) -> dict[str, Any]:
    """An event's JSON Schema with the class of every field of every part."""
    parts = {event: schema} | {_MODELS[name]: part for name, part in schema.get("$defs", {}).items()}
    for model, part in parts.items():
        for name, field in part.get("properties", {}).items():
            field["x-classification"] = class_of(model, name)
    return schema
