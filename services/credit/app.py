"""The credit service: what it is made of."""

from services.credit.handlers import HANDLERS
from services.credit.jobs import JOBS, SCHEDULES
from services.credit.leads.api import router as leads
from services.credit.lists.api import router as lists
from services.credit.lists.bases_api import router as bases
from services.credit.records.api import router as records
from shared import audit_keeping
from shared.kernel import ServiceDefinition

DEFINITION = ServiceDefinition(
    name="credit",
    title="Anxiang credit 安享信用服务",
    description=(
        "Credit records (信用记录) with a legal basis, and joint-discipline lists (失信联合惩戒对象名单) "
        "decided by people with due process: notice 告知, statement 陈述申辩, deliberation 集体审议, "
        "decision by a second person 决定, "
        "service 送达, publication 公示, repair 信用修复. "
        "Leads (线索) from other services are evidence and never penalties by themselves."
    ),
    routers=(records, lists, bases, leads, audit_keeping.routes),
    handlers=HANDLERS,
    jobs=JOBS,
    schedules=SCHEDULES,
    scopes={
        "credit.records:read": "Read credit records and leads 查询信用记录和线索",
        "credit.records:write": "Write credit records, repair them, close leads 登记、修复信用记录,关闭线索",
        "credit.lists:read": "Read lists 查询名单",
        "credit.lists:propose": "Propose entries and their ends, record their steps 提出列入、提请终止并登记办理步骤",
        "credit.lists:decide": "Sit on panels; decide, repair and revoke as a second person 审议,决定列入、修复、撤销",
        audit_keeping.SCOPE: "Read checkpoints of other services' audit logs 查询审计链检查点",
        "audit:read": "Read and prove the audit log 查询、校验审计日志",
    },
)
