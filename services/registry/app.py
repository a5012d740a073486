"""What the registry is made of."""

from services.registry.accounts.api import accounts
from services.registry.admissions.api import admissions
from services.registry.assessments.api import assessments
from services.registry.changes.api import changes, of_organizations, of_seniors
from services.registry.handlers import HANDLERS
from services.registry.imports.api import imports
from services.registry.jobs import JOBS, SCHEDULES
from services.registry.organizations.api import organizations
from services.registry.regions.api import regions
from services.registry.seniors.api import seniors
from services.registry.subjects.api import subjects
from services.registry.workers.api import workers
from shared import audit_keeping
from shared.kernel import ServiceDefinition

DEFINITION = ServiceDefinition(
    name="registry",
    title="Registry 登记服务",
    description=(
        "Who and what exists: seniors 老年人 with dated circumstances, ability assessments 能力评估, "
        "organisations 机构, admissions 入住. Personal data is masked; revealing it needs a purpose and is audited."
    ),
    routers=(
        *(seniors, assessments, organizations, admissions, imports, accounts, regions, workers),
        *(of_seniors, of_organizations, changes, subjects, audit_keeping.routes),
    ),
    handlers=HANDLERS,
    jobs=JOBS,
    schedules=SCHEDULES,
    encrypted={
        "seniors": ("identity_number", "name", "phone", "address", "bank_account"),
        "organizations": ("bank_account",),
        "import_blocks": ("content",),
        "changes": ("old_value", "new_value"),
    },
    scopes={
        "registry.seniors:read": "Read seniors, masked 查看老年人(脱敏)",
        "registry.seniors:write": "Register and change seniors 登记和修改老年人",
        "registry.seniors:reveal": "See hidden fields, audited 查看完整信息",
        "registry.assessments:read": "Read assessments 查看能力评估",
        "registry.assessments:write": "File assessments 登记能力评估",
        "registry.organizations:read": "Read organisations 查看机构",
        "registry.organizations:write": "Register and change organisations 登记和修改机构",
        "registry.admissions:read": "Read admissions 查看入住",
        "registry.admissions:write": "Admit and discharge 办理入住退住",
        "registry.imports:read": "Follow imports 查看导入",
        "registry.imports:write": "Import files 导入文件",
        "registry.workers:identify": "Keys of workers, audited 查询从业人员标识",
        "registry.changes:read": "Read changes of accounts and identities, masked 查看变更事项",
        "registry.changes:write": "Ask for such changes, withdraw them 申请、撤回变更事项",
        "registry.changes:decide": "Decide on them as a second person 审批变更事项",
        audit_keeping.SCOPE: "Read checkpoints of other services' audit logs 查询审计链检查点",
        "registry.bank-accounts:read": "Bank accounts in clear for payment files 查询收款账户",
    },
)
