"""Response shapes of imports 导入."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from services.registry.schemas import Answer


class ImportOut(Answer):
    """One import with its control totals: read = done + rejected, and at the end total = read 导入任务."""

    import_id: UUID
    file_name: str = Field(description="文件名")
    encoding: str = Field(description="utf-8 or gb18030 文件编码")
    dry_run: bool = Field(description="Nobody is registered, rows are only judged 试运行")
    status: str = Field(description="waiting, running, finished or failed 状态")
    rows_total: int = Field(description="Rows in the file 总行数")
    rows_read: int = Field(description="Rows handled so far 已处理行数")
    rows_done: int = Field(description="Seniors registered, or in a dry run those that would be 成功行数")
    rows_rejected: int = Field(description="Rows in the reject file 拒绝行数")
    error: str | None = Field(description="Why it failed 失败原因")
    created_at: datetime
    finished_at: datetime | None
