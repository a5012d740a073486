"""The subsidy service: what is due, what was decided, what was paid."""

from services.subsidy import packs
from services.subsidy.applications import api as applications
from services.subsidy.catalogue import api as catalogue
from services.subsidy.determinations import api as determinations
from services.subsidy.handlers import HANDLERS
from services.subsidy.holds import api as holds
from services.subsidy.jobs import JOBS, SCHEDULES
from services.subsidy.payments import api as payments
from services.subsidy.recoveries import api as recoveries
from services.subsidy.runs import api as runs
from services.subsidy.simulations import api as simulations
from shared.kernel import ServiceDefinition

DEFINITION = ServiceDefinition(
    name="subsidy",
    title="Anxiang subsidy 安享补贴",
    description=(
        "Determinations 认定, monthly runs 月度批次, payments 发放 and recoveries 追缴: every amount with its clause."
    ),
    routers=[
        determinations.routes,
        determinations.senior_routes,
        catalogue.packs,
        catalogue.regions,
        catalogue.status,
        catalogue.schemas,
        runs.routes,
        payments.run_routes,
        runs.line_routes,
        determinations.line_routes,
        applications.routes,
        applications.form_routes,
        holds.routes,
        payments.routes,
        recoveries.routes,
        simulations.routes,
    ],
    handlers=HANDLERS,
    jobs=JOBS,
    schedules=SCHEDULES,
    checks={"policies": packs.finding},
    encrypted={"payment_items": ("account",)},
    scopes={
        "subsidy.policies:read": "Read the law: packs, programmes, values, documents 查询政策",
        "subsidy.determinations:read": "Ask what is due and why 查询认定与说明",
        "subsidy.runs:read": "Read runs, lines and holds 查看批次与明细",
        "subsidy.runs:write": "Open and submit runs, place holds 制单、提交与暂停",
        "subsidy.runs:approve": "Decide on runs as a second person 审批",
        "subsidy.applications:read": "Read applications 查看申请",
        "subsidy.applications:write": "Enter, end and withdraw applications 录入、停止与撤回申请",
        "subsidy.applications:decide": "Accept or refuse applications as a second person 审核申请",
        "subsidy.payments:read": "Read payment batches and files 查看支付批次与文件",
        "subsidy.payments:write": "Prepare payments, import returns 生成支付与导入回盘",
        "subsidy.recoveries:read": "Read recoveries 查看追缴",
        "subsidy.recoveries:write": "Ask to record what came back 登记追缴",
        "subsidy.recoveries:decide": "Confirm or refuse it as a second person 复核追缴登记",
        "subsidy.simulations:read": "Read what a changed law would cost 查看政策测算",
        "subsidy.simulations:write": "Ask for simulations, cancel them 发起、取消政策测算",
    },
)
