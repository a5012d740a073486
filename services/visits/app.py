"""What the visits service is made of."""

from __future__ import annotations

from services.visits.deliveries.api import deliveries, intake, limits
from services.visits.handlers import HANDLERS
from services.visits.jobs import JOBS
from services.visits.statements.api import statements
from shared.kernel import ServiceDefinition

DEFINITION = ServiceDefinition(
    name="visits",
    title="Anxiang visits 服务记录与核验",
    description=(
        "Meal deliveries as vendors report them, verified by published rules, corrected by sequence, reviewed by hand."
        " 助餐机构上报送餐记录,按公开规则核验,按序号更正,由人工复核。"
    ),
    routers=(intake, deliveries, limits, statements),
    handlers=HANDLERS,
    jobs=JOBS,
    scopes={
        "visits.deliveries:read": "Read deliveries 查看送餐记录",
        "visits.deliveries:write": "Record deliveries of one's own organisation 上报本机构送餐记录",
        "visits.deliveries:review": "Decide flagged deliveries 复核存疑记录",
        "visits.statements:read": "Read monthly totals 查看月度对账",
    },
)
